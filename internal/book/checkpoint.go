// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"errors"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Clock is the book's time, with what organizations that are made again have to
// know of before.
func (b *Book) Clock() []byte {
	var e wire.Encoder
	e.Int(b.Now)
	meter.EncodeOutages(&e, b.Defs.Outages)
	return e.Bytes
}

// SealDuplicates ends the days of counted items that are over, to be written, and
// drops those that nothing asks for any more.
func (b *Book) SealDuplicates() {
	b.Duplicates.Seal(dayOf(b.Now + b.Settings.Future.Nanoseconds()))
	b.Duplicates.Drop(dayOf(b.Now-b.Settings.Past.Nanoseconds()) - keptDays)
}

// keptDays is how long the keys of duplicates stay beyond the acceptance span.
const keptDays = 2

// Present is what is on disk, after a checkpoint or at a start, for Certify.
func (b *Book) Present() certificate.Certificate {
	return certificate.Certificate{
		At: time.Unix(0, b.Now).UTC(), Needed: b.mark.Needed, Reached: b.Log.Next(), Snapshot: b.Snapshot.Edition(), Counted: b.Duplicates.Names(),
	}
}

// Certify has the certificate say it.
func (b *Book) Certify(is certificate.Certificate) error {
	return trust.Certify(b.Settings.FS, b.Settings.Directory, b.certified, is)
}

// Position is how far the entries have got, behind all that were gathered.
func (b *Book) Position() part.Position {
	return part.Position{Group: b.Pending.Number, Offset: uint64(len(b.Pending.Entries.Bytes))}
}

// Checkpoint is one that is being written: what changed of organizations goes to the
// next snapshot, what belongs to it to rows. Nothing of it counts before Commit.
//
//	Save --> Write, behind the commit of the entries that are in it --> Save ... --> Commit
//	                                                                           else End
type Checkpoint struct {
	book   *Book
	writer *snapshot.Writer // nil: nothing more can be written
	saved  part.Saved
	more   bool           // of its pages are to be saved
	rows   *pebble.Batch  // that belong to what was saved last
	firsts archive.Filing // of what was saved last
	orgs   []*Org         // that it has; none when it is committed
	moved  []uint32       // those of which rows may have a state
}

// Checkpoint begins one, of all organizations: of others, erased ones, it leaves nothing.
// anew has nothing remain on disk of what was replaced or dropped.
func (b *Book) Checkpoint(orgs []*Org, anew bool) (*Checkpoint, error) {
	w, err := b.Snapshot.Begin()
	if err != nil {
		return nil, err
	}
	there := make(map[uint32]bool, len(orgs))
	for _, o := range orgs {
		there[o.Number] = true
	}
	for _, owner := range b.Snapshot.Owners() {
		if !there[owner] {
			w.DropOwner(owner)
		}
	}
	if anew {
		w.Anew()
	}
	return &Checkpoint{book: b, writer: w, rows: b.Rows.NewBatch()}, nil
}

// sliceBytes is about how much of an organization's users is saved at once: a millisecond
// or two, for which requests of its shard wait.
const sliceBytes = 256 << 10

// Save saves what changed of an organization: of one with many users a first slice. All
// that the entries before a position do to it is done.
func (c *Checkpoint) Save(o *Org, to part.Position) {
	c.orgs = append(c.orgs, o)
	if o.whole {
		c.moved = append(c.moved, o.Number)
	}
	o.save(to, &c.saved, c.rows)
	c.firsts = o.notes.HandOver()
	c.more = c.saved.More(sliceBytes)
}

// Hold calls f while nobody else does anything with an organization.
type Hold func(o *Org, f func())

// Write writes what was saved last, whose entries are on disk by now, and the slices that
// follow. room is asked before as many bytes are written as may be at most.
func (c *Checkpoint) Write(hold Hold, room func(bytes int64) error) error {
	if err := c.file(); err != nil {
		return err
	}
	for {
		if err := room(c.book.Snapshot.Room(c.saved.Size())); err != nil {
			return err
		}
		if err := c.saved.Put(c.writer); err != nil || !c.more {
			return err
		}
		hold(c.orgs[len(c.orgs)-1], func() { c.more = c.saved.More(sliceBytes) })
	}
}

// file puts what belongs to what was saved last into rows, before there may be no room
// for the rest. Rows that go further than the snapshot do no harm.
func (c *Checkpoint) file() error {
	defer c.firsts.End()
	c.firsts.Take(c.saved.Owner, func(key, value []byte) { _ = c.rows.Merge(key, value, nil) })
	if c.rows.Empty() {
		return nil
	}
	rows := c.rows
	c.rows = c.book.Rows.NewBatch() // the other one is the store's, also where that fails
	return c.book.Rows.Write(rows)
}

// Commit puts the snapshot in force. A mark says how far the log is covered; without
// one that is as before.
func (c *Checkpoint) Commit(mark *part.Mark) error {
	b, w := c.book, c.writer
	if mark == nil {
		mark = &b.mark
	}
	if err := b.Rows.WriteThrough(b.Rows.NewBatch()); err != nil {
		return err
	}
	c.writer = nil
	if err := w.Commit(mark.Encode()); err != nil {
		return err
	}
	b.mark, c.orgs = *mark, nil
	if len(c.moved) == 0 {
		return nil
	}
	old := b.Rows.NewBatch()
	part.ClearOld(old, c.moved)
	return b.Rows.WriteThrough(old)
}

// End gives up what was not committed: the next checkpoint saves all again that this one
// has saved.
func (c *Checkpoint) End(hold Hold) error {
	c.firsts.End()
	for _, o := range c.orgs {
		hold(o, func() {
			if c.saved.Owner == o.Number {
				c.saved.End()
			}
			o.Dirty, o.whole = true, true
		})
	}
	if c.writer == nil {
		return nil
	}
	return errors.Join(c.rows.Close(), c.writer.Abort())
}

// save saves an organization, but for its pages, which follow with part.Saved.More. What
// belongs to it goes to a batch of rows.
func (o *Org) save(to part.Position, into *part.Saved, batch *pebble.Batch) {
	into.Begin(o.Number)
	if into.Whole = o.whole; o.whole {
		o.ChangePages()
	}
	o.Dirty, o.whole, o.position = false, false, to
	into.Take(o.Organization, &o.Trends, to)
	o.saveJournal(batch)
}

// saveRows saves all of an organization in rows, where it has changed with others of
// the batch. The next checkpoint moves it to the snapshot.
func (o *Org) saveRows(to part.Position, batch *pebble.Batch) {
	var all part.Saved
	o.whole = true
	o.save(to, &all, batch)
	all.More(math.MaxInt)
	all.SetRows(batch)
	o.notes.Take(o.Number, func(key, value []byte) { _ = batch.Merge(key, value, nil) })
	o.Dirty, o.whole = true, true
}

// dayOf is the UTC day of an event time.
func dayOf(ns int64) uint16 { return uint16(ns / (24 * 3600 * 1e9)) }
