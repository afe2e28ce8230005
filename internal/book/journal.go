// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// The first zone and anchor that the catalogue gives an organization hold from
// its beginning, as long as none of its periods is closed. What has been counted
// by one calendar cannot be counted by another. So an organization that the
// catalogue has never had keeps a journal of its redo entries, and is made again
// from it when its calendar is known:
//
//	its first item          the catalogue has it
//	  |---- UTC, journal ---->|
//	  |---- the same entries, by the catalogue's calendar ---> its state from now on
//
// The journal ends there, or when a period is closed that the organization
// lived in or that has figures, or when it is too long: then its calendar
// changes as any other, with the next period.
const (
	// MaxJournal bounds the journal of one organization, about a million items.
	MaxJournal = 32 << 20
	// MaxJournals bounds all of them. What comes when it is reached ends the
	// journal of the organization that it is of.
	MaxJournals = 1 << 30
)

// Between checkpoints a journal is in the log, with all else: in memory as its
// tail. A checkpoint of the organization writes the tail as a row, in the batch
// with what came of it, so that the row and the entries behind the organization's
// position are the whole journal. Its key has that position: a row of a later one is of
// a checkpoint that did not come to its end, and is removed.

// journal is what is known of an organization's rows under keyJournal.
type journal struct {
	began   int64          // when the organization was opened, ns
	outages []meter.Outage // as in meter.Definitions then
	Size    int64          // bytes of all rows and of the tail

	arrival int64  // the last one in the tail; 0: none
	tail    []byte // entries behind those of the rows
}

// journalRows are the rows of an organization's journal behind row 0.
func journalRows(org uint32) rows.Span {
	return rows.Span{From: rowkey.OfJournal(org, 1), To: rows.Under(rowkey.Of(rowkey.Journal, org)).To}
}

// begin begins the journal of an organization that has just been opened.
func (b *Book) begin(o *Org) {
	if _, listed := b.Settings.Catalogue.Lookup(o.ID); listed || o.ID == usage.NoOrganization {
		return
	}
	o.Journal = &journal{began: b.Now, outages: slices.Clone(b.Defs.Outages)}
	b.Pending.Set(rowkey.OfJournal(o.Number, 0), b.Clock())
}

// keep puts entries of an arrival, which are all of one organization, into its
// journal.
func (b *Book) keep(o *Org, now int64, entries []byte, to *group.Changes) {
	size := o.Journal.bytes()
	o.keep(now, entries)
	b.lengthened(o, size, to)
}

// keep puts entries, which arrived now and are all of one organization, into its
// journal, if it has one. The organization's time is that of the arrival.
func (o *Org) keep(now int64, entries []byte) {
	j := o.Journal
	if j == nil {
		return
	}
	e := wire.Encoder{Bytes: j.tail}
	if j.arrival != now {
		if asOf := o.AsOf(); asOf.Ns() == now { // this minute was collected before the item came
			redo.Collect{At: asOf}.Append(&e)
		}
		redo.Arrival{Now: now}.Append(&e)
		j.arrival = now
	}
	j.grow(append(e.Bytes, entries...))
}

// keepOutage puts into an organization's journal, if it has one, that the ledger
// was down.
func (o *Org) keepOutage(of meter.Outage) {
	if o.Journal == nil {
		return
	}
	e := wire.Encoder{Bytes: o.Journal.tail}
	redo.Recover{Outage: of}.Append(&e)
	o.Journal.grow(e.Bytes)
	o.Dirty = true // the tail is to be written
}

// bytes is the size of a journal, 0 where there is none.
func (j *journal) bytes() int64 {
	if j == nil {
		return 0
	}
	return j.Size
}

func (j *journal) grow(tail []byte) {
	j.Size += int64(len(tail) - len(j.tail))
	j.tail = tail
}

// lengthened counts what a journal has grown by since it had a size, and ends one
// that is too long.
func (b *Book) lengthened(o *Org, before int64, to *group.Changes) {
	if o.Journal == nil {
		return
	}
	all := b.Journaled.Add(o.Journal.Size - before)
	if o.Journal.Size > MaxJournal || all > MaxJournals {
		b.Settings.Logger.Warn("usage ledger: an organization that the catalogue does not have has sent so much that it stays in UTC for now; a zone and anchor that the catalogue gives it will take effect with its next period",
			zap.String("organization", o.ID), zap.Int64("journal_bytes", o.Journal.Size))
		b.forget(o, to)
	}
}

// forget ends an organization's journal.
func (b *Book) forget(o *Org, to *group.Changes) {
	if o.Journal == nil {
		return
	}
	b.Journaled.Add(-o.Journal.Size)
	o.Journal = nil
	to.Clear(rowkey.Of(rowkey.Journal, o.Number))
}

// saveJournal puts the tail of an organization's journal into a row, of its position.
func (o *Org) saveJournal(batch *pebble.Batch) {
	j := o.Journal
	if j == nil || len(j.tail) == 0 {
		return
	}
	e := wire.Encoder{}
	e.Int(j.Size)
	_ = batch.Set(rowkey.OfJournalTo(o.Number, o.position.Group, o.position.Offset), append(e.Bytes, j.tail...), nil) // cannot fail before it is committed
	j.arrival, j.tail = 0, nil
}

// readJournal finds the journal of an organization, if there is one.
func (b *Book) readJournal(o *Org) error {
	first, err := b.Rows.Get(rowkey.OfJournal(o.Number, 0))
	if err != nil || first == nil {
		return err
	}
	d := &wire.Decoder{Bytes: first}
	j, undone := &journal{began: d.Int(), outages: meter.DecodeOutages(d)}, journalRows(o.Number)
	undone.From = append(rowkey.OfJournalTo(o.Number, o.position.Group, o.position.Offset), 0)
	ahead := false
	err = errors.Join(d.Err(), b.Rows.Each(journalRows(o.Number), func(key, value []byte) error {
		if ahead = ahead || bytes.Compare(key, undone.From) >= 0; ahead {
			return nil
		}
		d := &wire.Decoder{Bytes: value}
		j.Size = d.Int()
		return d.Err()
	}))
	if err == nil && ahead {
		err = b.Rows.DeleteRange(undone.From, undone.To, pebble.NoSync)
	}
	if err != nil {
		return fmt.Errorf("journal of organization %d: %w", o.Number, err)
	}
	o.Journal = j
	return nil
}

// closed ends an organization's journal where a statement shows by which
// calendar it counts: all but those that are of nothing in a period from before
// its first item.
func (b *Book) closed(o *Org, s *closing.Statement, to *group.Changes) {
	if o.Journal != nil && (s.End.Ns() > o.Journal.began || len(s.Cells) > 0) {
		b.forget(o, to)
	}
}

// giveCalendar puts an organization that has a journal on the calendar that the
// catalogue gives it, from its beginning on. Where that is the one it has, or the
// journal cannot be read, the journal ends, and that is all.
func (b *Book) giveCalendar(o *Org, entry *catalogue.Organization) {
	if cal := o.Calendar(); !entry.Keeps(cal) {
		anew, err := b.Retell(o, calendar.New(entry.Location, entry.AnchorDay))
		if err == nil {
			b.replace(o, anew)
			return
		}
		b.Settings.Logger.Error("usage ledger: the journal of an organization that is new in the catalogue cannot be read; its zone and anchor take effect with its next period",
			zap.String("organization", o.ID), zap.Error(err))
	}
	b.forget(o, &b.Pending.Changes)
}

// Retell makes an organization from its journal, by another calendar.
func (b *Book) Retell(o *Org, cal *calendar.Calendar) (*Org, error) {
	j := o.Journal
	anew := &Org{Subject: intake.Subject{Organization: o.Anew(cal, j.began, j.outages), Number: o.Number}}
	err := b.Rows.Each(journalRows(o.Number), func(_, value []byte) error {
		d := &wire.Decoder{Bytes: value}
		d.Int()
		return b.tell(anew, d)
	})
	if err == nil {
		err = b.tell(anew, &wire.Decoder{Bytes: j.tail})
	}
	return anew, err
}

// tell applies entries of a journal.
func (b *Book) tell(o *Org, d *wire.Decoder) error {
	var r redo.Reading
	now := o.advanced
	for len(d.Bytes) > 0 {
		if err := r.Read(d); err != nil {
			return err
		}
		switch x := r.Entry.(type) {
		case *redo.Arrival:
			now = x.Now
			passed := period.Ceil(now) - 1
			o.advanceTo(now, passed == period.Ceil(b.Now)-1 && b.collected(passed))
		case *redo.Collect:
			o.Collect(x.At)
		case *redo.Recover:
			o.Recover(x.Outage)
		case redo.OfOrganization:
			o.advanceTo(now, false)
			if err := x.Apply(o.Organization, now); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a journal has no entry of type %T", x)
		}
	}
	return d.Err()
}

// replace puts an organization that was made anew in the place of the old one,
// in memory and, with the gathering group, on disk. No checkpoint may be under
// way: it would write what there was.
func (b *Book) replace(o, anew *Org) {
	b.forget(o, &b.Pending.Changes)
	b.Pending.Clear(rowkey.Of(rowkey.Statement, o.Number))
	asOf := o.AsOf()
	o.Organization, o.advanced = anew.Organization, anew.advanced
	b.Advance(o)
	if o.AsOf() < asOf { // a collection was the last to move the time
		o.Collect(asOf)
		b.publish(o, &b.Pending.Changes)
	}
	o.Trends.Cut(o.Today()) // those that have not begun in the new zone
	b.describe(o)
	o.saveRows(b.Position(), b.Pending.Rows)
}

// giveCalendars does so for the organizations that the catalogue has since the
// ledger was closed, before anything else is changed.
func (b *Book) giveCalendars() error {
	for _, o := range b.ByID {
		if entry, listed := b.Settings.Catalogue.Lookup(o.ID); listed && o.Journal != nil {
			b.giveCalendar(o, entry)
		}
	}
	return b.commitNow()
}
