// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
)

// A checkpoint writes what changed of each organization to the next snapshot, with the
// position in the redo entries up to which they are in it; only after the commit
// that holds those entries, so that nothing on disk is ahead of what was
// acknowledged. When all organizations and the keys of counted items are on disk, the
// snapshot is put in force, and the log from before is released.

// errLate ends a checkpoint between two organizations when the ledger has to
// close: it is on disk as far as it has come, and the log has the rest.
var errLate = errors.New("the ledger closes before the checkpoint is complete")

// closePatience is how long the checkpoint of a close may take, so that the
// process ends in time where 100,000 organizations have changed.
const closePatience = 4 * time.Second

// checkpoint folds the log into the snapshot. One runs at a time.
func (l *Ledger) checkpoint(b *book.Book) error {
	l.folding.Lock()
	defer l.folding.Unlock()
	return l.fold(b, false)
}

// fold is a checkpoint; the caller holds l.folding. One that fails ends with the
// book: what it has taken for written the next one would leave out. But one that is
// late has left nothing out, and of one that found no room all is saved again. anew
// leaves nothing on disk of what was replaced.
func (l *Ledger) fold(b *book.Book, anew bool) error {
	err := l.write(b, anew)
	if err != nil && !errors.Is(err, errLate) && !noRoom(err) {
		l.fail(b, err)
	}
	return err
}

// noRoom reports whether a checkpoint found no room on the disk.
func noRoom(err error) bool { return errors.Is(err, errNoSpace) || vfs.IsNoSpaceError(err) }

func (l *Ledger) write(b *book.Book, anew bool) (err error) {
	l.mu.Lock()
	if b.Failed {
		l.mu.Unlock()
		return errors.New("checkpoint: the book has failed")
	}
	orgs := append([]*book.Org(nil), b.ByID...)
	start, before := b.Pending.Number, b.Unfolded
	now := b.Clock() // no entry is older that a checkpoint made from here on does not cover
	l.mu.Unlock()
	c, err := b.Checkpoint(orgs, anew)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.End(l.holding))
		}
	}()
	for _, o := range orgs {
		if l.late.Load() {
			if err := c.Commit(nil); err != nil {
				return fmt.Errorf("checkpoint: %w", err)
			}
			return errLate
		}
		if err := l.checkpointOrg(b, c, o); err != nil {
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
	if err := c.Commit(&part.Mark{Needed: start, Clock: now}); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	l.mu.Lock()
	b.Duplicates.Flushed()
	b.Unfolded -= before
	is := b.Present()
	l.mu.Unlock()
	b.Duplicates.Clean()
	if err := b.Certify(is); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := b.Log.Release(start); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// checkpointOrg writes what changed of an organization. One with many users is saved
// by slices, between which requests for it and for those of its shard go on.
func (l *Ledger) checkpointOrg(b *book.Book, c *book.Checkpoint, o *book.Org) error {
	if !l.save(b, c, o) {
		return nil
	}
	if err := l.durable(b); err != nil {
		return err
	}
	return c.Write(l.holding, l.roomFor)
}

// holding is a book.Hold: nothing is done with other organizations of the shard either.
func (l *Ledger) holding(o *book.Org, f func()) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	shard := &l.shards[o.Shard()]
	shard.Lock()
	defer shard.Unlock()
	f()
}

// roomFor says where the disk has no room for so many bytes: the log's is not to be taken.
func (l *Ledger) roomFor(bytes int64) error {
	disk, err := l.settings.FS.GetDiskUsage(l.settings.Directory)
	if err != nil || disk.AvailBytes >= minFree+uint64(bytes) { // a file system that cannot tell is not full
		return nil
	}
	return fmt.Errorf("%w: %s has %d MiB left; the log goes on, and a start takes longer meanwhile", errNoSpace, l.settings.Directory, disk.AvailBytes>>20)
}

// save saves what changed of an organization. It reports whether anything did. Only
// those wait for it whose organizations are of the same shard.
func (l *Ledger) save(b *book.Book, c *book.Checkpoint, o *book.Org) (changed bool) {
	l.holding(o, func() {
		l.line.Lock()
		b.Bury(o)
		changed = o.Dirty
		if changed {
			b.Wake(o)
		}
		to := b.Position()
		l.line.Unlock()
		if changed {
			c.Save(o, to)
		}
	})
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
