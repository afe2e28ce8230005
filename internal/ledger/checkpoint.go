// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
)

// A checkpoint writes what changed of each organization to its rows, one
// organization in one batch, with the position in the redo entries up to which
// they are in it. It is written only after the commit that holds those entries,
// so that nothing on disk is ahead of what was acknowledged. When all
// organizations and the keys of counted items are on disk, the log from before is
// released.

// checkpoint folds the log into rows. One runs at a time.
func (l *Ledger) checkpoint(b *book) error {
	l.folding.Lock()
	defer l.folding.Unlock()
	return l.fold(b)
}

// fold is a checkpoint; the caller holds l.folding.
func (l *Ledger) fold(b *book) error {
	l.mu.Lock()
	orgs := append([]*org(nil), b.byID...)
	start, before := b.pending.number, b.unfolded
	now := b.clock() // no entry is older that a checkpoint made from here on does not cover
	l.mu.Unlock()
	for _, o := range orgs {
		if err := l.checkpointOrg(b, o); err != nil {
			return fmt.Errorf("checkpoint of organization %d: %w", o.Number, err)
		}
	}
	l.mu.Lock()
	b.sealDuplicates()
	l.mu.Unlock()
	if err := l.durable(b); err != nil { // else an item that is lost would be a duplicate when it is sent again
		return err
	}
	if err := b.duplicates.Write(); err != nil {
		return err
	}
	batch := b.db.NewBatch()
	b.mark(batch, now, start)
	if err := b.db.WriteThrough(batch); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	l.mu.Lock()
	b.duplicates.Flushed()
	b.unfolded -= before
	l.mu.Unlock()
	if err := b.log.Release(start); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (l *Ledger) checkpointOrg(b *book, o *org) error {
	batch := b.db.NewBatch()
	l.mu.Lock()
	b.bury(o)
	if !o.dirty {
		l.mu.Unlock()
		return batch.Close()
	}
	b.wake(o)
	b.saveOrg(o, batch)
	l.mu.Unlock()
	if err := l.durable(b); err != nil {
		return err
	}
	return b.db.Write(batch)
}

// durable waits until all that has been applied is on disk.
func (l *Ledger) durable(b *book) error {
	l.mu.Lock()
	groups := []*group{b.committing}
	if !b.pending.empty() {
		groups = append(groups, b.pending)
	}
	l.mu.Unlock()
	l.wakeCommitter()
	for _, g := range groups {
		if g != nil {
			<-g.done
			if g.err != nil {
				return g.err
			}
		}
	}
	return nil
}
