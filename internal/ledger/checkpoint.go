// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
)

// A checkpoint writes what changed of each organization to its rows, one
// organization in one batch, with the position in the redo entries up to which
// they are in it. It is written only after the commit that holds those entries,
// so that nothing on disk is ahead of what was acknowledged. When all
// organizations and the keys of counted items are on disk, the log from before is
// released.

// errLate ends a checkpoint between two organizations when the ledger has to
// close: it is on disk as far as it has come, and the log has the rest.
var errLate = errors.New("the ledger closes before the checkpoint is complete")

// closePatience is how long the checkpoint of a close may take, so that the
// process ends in time where 100,000 organizations have changed.
const closePatience = 4 * time.Second

// checkpoint folds the log into rows. One runs at a time.
func (l *Ledger) checkpoint(b *book.Book) error {
	l.folding.Lock()
	defer l.folding.Unlock()
	return l.fold(b)
}

// fold is a checkpoint; the caller holds l.folding. One that fails ends with the
// book: what it has taken for written the next one would leave out. One that is late
// has left nothing out, and there is none after it.
func (l *Ledger) fold(b *book.Book) error {
	err := l.write(b)
	if err != nil && !errors.Is(err, errLate) {
		l.fail(b, err)
	}
	return err
}

func (l *Ledger) write(b *book.Book) error {
	l.mu.Lock()
	if b.Failed {
		l.mu.Unlock()
		return errors.New("checkpoint: the book has failed")
	}
	orgs := append([]*book.Org(nil), b.ByID...)
	start, before := b.Pending.Number, b.Unfolded
	now := b.Clock() // no entry is older that a checkpoint made from here on does not cover
	l.mu.Unlock()
	for _, o := range orgs {
		if l.late.Load() {
			return errLate
		}
		if err := l.checkpointOrg(b, o); err != nil {
			return fmt.Errorf("checkpoint of organization %d: %w", o.Number, err)
		}
	}
	l.mu.Lock()
	b.SealDuplicates()
	runs := b.Duplicates.Names()
	l.mu.Unlock()
	if !slices.Equal(runs, l.certified.Counted()) { // some were dropped: before these are removed
		if err := l.certified.Update(func(c *certificate.Certificate) { c.Counted = runs }); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	if err := l.durable(b); err != nil { // else an item that is lost would be a duplicate when it is sent again
		return err
	}
	if err := b.Duplicates.Write(); err != nil {
		return err
	}
	batch := b.Rows.NewBatch()
	b.Mark(batch, now, start)
	if err := b.Rows.WriteThrough(batch); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	l.mu.Lock()
	b.Duplicates.Flushed()
	b.Unfolded -= before
	runs, at := b.Duplicates.Names(), b.Now
	l.mu.Unlock()
	if err := trust.Certify(l.settings.FS, l.settings.Directory, l.certified, at, start, b.Log.Next(), runs); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := b.Log.Release(start); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

func (l *Ledger) checkpointOrg(b *book.Book, o *book.Org) error {
	batch := b.Rows.NewBatch()
	if !l.save(b, o, batch) {
		return batch.Close()
	}
	if err := l.durable(b); err != nil {
		return err
	}
	return b.Rows.Write(batch)
}

// save puts what changed of an organization into a batch. It reports whether
// anything did. Only those wait for it whose organizations are of the same shard.
func (l *Ledger) save(b *book.Book, o *book.Org, batch *pebble.Batch) (changed bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	shard := &l.shards[o.Shard()]
	shard.Lock()
	defer shard.Unlock()
	l.line.Lock()
	b.Bury(o)
	changed = o.Dirty
	if changed {
		b.Wake(o)
	}
	to := b.Position()
	l.line.Unlock()
	if changed {
		o.Save(to, batch)
	}
	return changed
}

// durable waits until all that has been applied is on disk.
func (l *Ledger) durable(b *book.Book) error {
	var groups []*group.Group
	l.onLine(func() { groups = b.Unsettled() })
	l.wakeCommitter()
	for _, g := range groups {
		if <-g.Done; g.Err != nil {
			return g.Err
		}
	}
	return nil
}
