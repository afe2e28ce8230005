// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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
	// maxJournal bounds the journal of one organization, about a million items.
	maxJournal = 32 << 20
	// maxJournals bounds all of them. What comes when it is reached ends the
	// journal of the organization that it is of.
	maxJournals = 1 << 30
)

// journal is what is known of an organization's rows under keyJournal.
type journal struct {
	began   int64          // when the organization was opened, ns
	outages []meter.Outage // as in meter.Definitions then
	size    int64          // bytes of all rows

	arrival   int64  // the last one in gathering
	gathering []byte // goes with the group that is gathering
	sealed    []byte // went with a group that may not be on disk yet
	sealedIn  uint64 // its number; math.MaxUint64: all rows are on disk
}

// journalKey is of the entries that a group has of an organization; group 0 is
// the row that says how the organization began.
func journalKey(org uint32, group uint64) []byte {
	return binary.BigEndian.AppendUint64(orgKey(keyJournal, org), group)
}

// begin begins the journal of an organization that has just been opened.
func (b *book) begin(o *org) {
	if _, listed := b.settings.Catalogue.Lookup(o.ID); listed || o.ID == usage.NoOrganization {
		return
	}
	o.journal = &journal{began: b.now, outages: slices.Clone(b.defs.Outages), sealedIn: math.MaxUint64}
	var e wire.Encoder
	e.Int(b.now)
	encodeOutages(&e, b.defs.Outages)
	b.pending.set(journalKey(o.Number, 0), e.Bytes)
}

// keep puts the entries that the gathering group has from a byte on, which are
// all of one organization, into its journal.
func (b *book) keep(o *org, from int) {
	if o.journal == nil {
		return
	}
	j := b.gather(o)
	e := wire.Encoder{Bytes: j.gathering}
	if j.arrival != b.now {
		if asOf := o.AsOf(); asOf.Ns() == b.now { // this minute was collected before the item came
			redo.Collect{At: asOf}.Append(&e)
		}
		redo.Arrival{Now: b.now}.Append(&e)
		j.arrival = b.now
	}
	b.lengthen(o, append(e.Bytes, b.pending.entries.Bytes[from:]...))
}

// keepOutage puts into an organization's journal that the ledger was down.
func (b *book) keepOutage(o *org, of meter.Outage) {
	if o.journal == nil {
		return
	}
	e := wire.Encoder{Bytes: b.gather(o).gathering}
	redo.Recover{Outage: of}.Append(&e)
	b.lengthen(o, e.Bytes)
}

// gather has the gathering group write an organization's journal.
func (b *book) gather(o *org) *journal {
	if len(o.journal.gathering) == 0 {
		o.journal.arrival = 0
		b.pending.journals = append(b.pending.journals, o)
	}
	return o.journal
}

func (b *book) lengthen(o *org, gathering []byte) {
	j := o.journal
	more := int64(len(gathering) - len(j.gathering))
	j.gathering, j.size, b.journaled = gathering, j.size+more, b.journaled+more
	if j.size > maxJournal || b.journaled > maxJournals {
		b.settings.Logger.Warn("usage ledger: an organization that the catalogue does not have has sent so much that it stays in UTC for now; a zone and anchor that the catalogue gives it will take effect with its next period",
			zap.String("organization", o.ID), zap.Int64("journal_bytes", j.size))
		b.forget(o)
	}
}

// forget ends an organization's journal.
func (b *book) forget(o *org) {
	if o.journal == nil {
		return
	}
	b.journaled -= o.journal.size
	o.journal = nil
	b.pending.clear(orgKey(keyJournal, o.Number))
}

// sealJournals puts the journals that grew with a group into its rows.
func (g *group) sealJournals() {
	for _, o := range g.journals {
		if j := o.journal; j != nil {
			e := wire.Encoder{}
			e.Int(j.size)
			g.set(journalKey(o.Number, g.number), append(e.Bytes, j.gathering...))
			j.gathering, j.sealed, j.sealedIn = j.sealed[:0], j.gathering, g.number
		}
	}
}

// readJournals finds the journals that there are.
func (b *book) readJournals() (err error) {
	it, err := b.db.NewIter(&pebble.IterOptions{LowerBound: []byte{keyJournal}, UpperBound: []byte{keyJournal + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		o, first, err := b.journalRow(it)
		if err != nil {
			return err
		}
		j := &journal{began: first.Int(), outages: decodeOutages(first), sealedIn: math.MaxUint64}
		it.SeekLT(journalKey(o.Number, math.MaxUint64))
		_, last, err := b.journalRow(it)
		if err != nil {
			return err
		}
		if binary.BigEndian.Uint64(it.Key()[5:]) > 0 {
			j.size = last.Int()
		}
		if err := errors.Join(first.Err(), last.Err()); err != nil {
			return fmt.Errorf("journal of organization %d: %w", o.Number, err)
		}
		o.journal = j
		b.journaled += j.size
	}
	return it.Error()
}

func (b *book) journalRow(it *pebble.Iterator) (*org, *wire.Decoder, error) {
	key := it.Key()
	if len(key) != 13 {
		return nil, nil, errors.New("damaged key of a journal")
	}
	number := binary.BigEndian.Uint32(key[1:])
	if int(number) >= len(b.orgs) || b.orgs[number] == nil {
		return nil, nil, fmt.Errorf("journal of organization %d, which is not there", number)
	}
	value, err := it.ValueAndErr()
	return b.orgs[number], &wire.Decoder{Bytes: slices.Clone(value)}, err
}

// closed ends an organization's journal where a statement shows by which
// calendar it counts: all but those that are of nothing in a period from before
// its first item.
func (b *book) closed(o *org, s *closing.Statement) {
	if o.journal != nil && (s.End.Ns() > o.journal.began || len(s.Cells) > 0) {
		b.forget(o)
	}
}

// giveCalendar puts an organization that has a journal on the calendar that the
// catalogue gives it, from its beginning on. Where that is the one it has, or the
// journal cannot be read, the journal ends, and that is all.
func (b *book) giveCalendar(o *org, entry *catalogue.Organization) {
	if cal := o.Calendar(); !sameCalendar(cal, entry) {
		anew, err := b.retell(o, calendar.New(entry.Location, entry.AnchorDay))
		if err == nil {
			b.replace(o, anew)
			return
		}
		b.settings.Logger.Error("usage ledger: the journal of an organization that is new in the catalogue cannot be read; its zone and anchor take effect with its next period",
			zap.String("organization", o.ID), zap.Error(err))
	}
	b.forget(o)
}

func sameCalendar(cal *calendar.Calendar, entry *catalogue.Organization) bool {
	return cal.Zone().String() == entry.Location.String() && cal.Anchor() == entry.AnchorDay
}

// retell makes an organization from its journal, by another calendar.
func (b *book) retell(o *org, cal *calendar.Calendar) (*org, error) {
	j := o.journal
	anew := &org{Subject: intake.Subject{Organization: o.Anew(cal, j.began, j.outages), Number: o.Number}}
	err := b.eachIn(journalKey(o.Number, 1), journalKey(o.Number, j.sealedIn), func(_, value []byte) error {
		d := &wire.Decoder{Bytes: value}
		d.Int()
		return b.tell(anew, d)
	})
	for _, entries := range [][]byte{j.sealed, j.gathering} {
		if err == nil {
			err = b.tell(anew, &wire.Decoder{Bytes: entries})
		}
	}
	return anew, err
}

// tell applies entries of a journal.
func (b *book) tell(o *org, d *wire.Decoder) error {
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
			o.advanceTo(now, passed == period.Ceil(b.now)-1 && b.collected(passed))
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
func (b *book) replace(o, anew *org) {
	b.forget(o)
	for _, kind := range []byte{keyPage, keyStatement} {
		b.pending.clear(orgKey(kind, o.Number))
	}
	asOf := o.AsOf()
	o.Organization, o.advanced = anew.Organization, anew.advanced
	b.advance(o)
	if o.AsOf() < asOf { // a collection was the last to move the time
		o.Collect(asOf)
		b.publish(o)
	}
	for i, t := range o.trends { // of days that have not begun in the new zone
		o.trends[i] = slices.DeleteFunc(t, func(day trendDay) bool { return !later(o.Today(), day.date) })
	}
	b.describe(o)
	b.saveOrg(o, b.pending.rows)
}

// giveCalendars does so for the organizations that the catalogue has since the
// ledger was closed, before anything else is changed.
func (b *book) giveCalendars() error {
	for _, o := range b.byID {
		if entry, listed := b.settings.Catalogue.Lookup(o.ID); listed && o.journal != nil {
			b.giveCalendar(o, entry)
		}
	}
	return b.commitNow()
}
