// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Record judges and applies the items of a batch, in order.
func (b *Book) Record(batch *usage.Batch) error {
	b.judge.LookAhead(batch, b.Now, b.present)
	for i := range batch.Items {
		if err := b.take(i, &batch.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// present returns an organization that is there, at the book's time, else nil.
func (b *Book) present(id string) *intake.Subject {
	o := b.Find(id)
	if o == nil {
		return nil
	}
	if o.advanced != b.Now {
		b.Advance(o)
	}
	return &o.Subject
}

// take judges an item, enters it and, where its organization has a journal, puts
// what was written of it there too.
func (b *Book) take(i int, it *usage.Item) error {
	o, refused := b.organization(i, it)
	from := len(b.Pending.Entries.Bytes)
	b.Advance(o)
	b.scribe.org = o
	v, err := b.judge.Judge(i, &o.Subject, refused, &b.scribe)
	var first uint64
	switch {
	case err != nil:
	case v.Outcome == usage.Counted:
		first = b.enter(o, it, v)
	default:
		b.count(o, it, v)
	}
	it.Became, it.Because = v.Outcome, v.Reason // the sender is told
	b.keep(o, from)
	b.noteFirst(o, it, v, first)
	return err
}

// organization returns where an item is counted, and why it cannot be where it
// says.
func (b *Book) organization(i int, it *usage.Item) (*Org, usage.Reason) {
	if known := b.judge.Found(i); known != nil {
		return b.Orgs[known.Number], usage.ReasonNone
	}
	if o := b.Find(it.Organization); o != nil {
		return o, usage.ReasonNone
	}
	_, listed := b.Settings.Catalogue.Lookup(it.Organization)
	makeOne, refused := b.judge.Rules.Place(it, listed, intake.Census{All: len(b.ByID), Unlisted: b.unlisted})
	if makeOne {
		return b.open(it.Organization), usage.ReasonNone
	}
	if refused == usage.ReasonUnlisted {
		b.warnUnlisted()
	}
	return b.nobodyOrg(), refused
}

// count enters an item that no meter takes.
func (b *Book) count(o *Org, it *usage.Item, v *intake.Verdict) {
	o.Count(b.Now, it.Signal, v.Outcome, 1)
	redo.Count{Signal: it.Signal, Outcome: v.Outcome}.Append(&b.Pending.Entries, o.Number)
	if v.Outcome != usage.Duplicate {
		o.Note(organization.Reject{
			Arrived: b.Now, Signal: it.Signal, Outcome: v.Outcome, Reason: v.Reason, Action: it.Action,
			Unit: usage.UnitOf(it.Time),
		})
	}
}

// enter writes a counted item down and applies it. It returns which effects may be
// a user's first ones in a period, as organization.Apply does.
func (b *Book) enter(o *Org, it *usage.Item, v *intake.Verdict) (first uint64) {
	if v.Summed {
		b.Duplicates.Add(v.UID)
	}
	entry := redo.Event{Signal: it.Signal, Event: v.Event, UID: v.UID, Summed: v.Summed}
	entry.Append(&b.Pending.Entries, o.Number)
	o.Count(b.Now, it.Signal, usage.Counted, 1)
	first = o.Apply(&v.Event)
	for i := range v.Event.Effects {
		e := &v.Event.Effects[i]
		if it.Sampled && e.OfMeter() && o.MarkSampled(e.Meter) {
			redo.Sampled{Meter: e.Meter}.Append(&b.Pending.Entries, o.Number)
		}
	}
	return first
}

// noteFirst writes down an item of which some effects may be a user's first ones
// in a period. It is not for journals: an erased user's items stay in those.
func (b *Book) noteFirst(o *Org, it *usage.Item, v *intake.Verdict, first uint64) {
	if first == 0 || o.Nameless(v.Event.User) {
		return
	}
	f := &b.first
	*f = redo.First{User: v.Event.User, Time: it.Time, Signal: it.Signal, Action: it.Action, UID: it.UID, Of: f.Of[:0]}
	for i := range v.Event.Effects {
		if e := &v.Event.Effects[i]; first>>min(i, 63)&1 != 0 && e.Kind == usage.Active {
			f.Of = append(f.Of, redo.FirstOf{Meter: e.Meter, Class: e.Class, Version: v.Versions[i]})
		}
	}
	if len(f.Of) > 0 {
		f.Append(&b.Pending.Entries, o.Number)
		b.note(o, f)
	}
}

// note keeps a first item until the next checkpoint puts it into its row.
func (b *Book) note(o *Org, x *redo.First) {
	if o.Nameless(x.User) { // erased since
		return
	}
	o.firsts = o.firsts[:0]
	for _, of := range x.Of {
		f := archive.First{
			Meter: of.Meter, Kind: archive.Ever, Class: of.Class, Time: x.Time, Version: of.Version,
			Signal: 1 + uint8(x.Signal), Action: x.Action, UID: x.UID,
		}
		o.firsts = append(o.firsts, f)
		for _, w := range b.Defs.Meters[of.Meter].Windows {
			if w.Kind != usage.Rolling && w.Kind != usage.Hour {
				f.Kind, f.Period = uint8(w.Kind), o.PeriodStart(w.Kind, x.Time)
				o.firsts = append(o.firsts, f)
			}
		}
	}
	o.notes.Add(x.User, o.firsts)
}

// File puts the first items of an organization that are noted into their rows, to
// be read there. To merge one once more after a crash makes no difference.
func (b *Book) File(o *Org) { o.notes.Take(o.Number, b.Pending.Merge) }

// scribe writes what an item brings with it into the gathering group.
type scribe struct {
	book *Book
	org  *Org
}

// NewUser implements intake.Scribe.
func (s *scribe) NewUser(slot uint32, hash uint64, id string) {
	nameUser(&s.book.Pending.Changes, s.org.Number, slot, hash, id)
}

// Returned implements intake.Scribe.
func (s *scribe) Returned(slot uint32, id string) { s.book.returned(s.org, slot, id) }

// NewValue implements intake.Scribe.
func (s *scribe) NewValue(meter uint16, breakdown int, name string) {
	redo.Value{Meter: meter, Breakdown: breakdown, Name: name}.Append(&s.book.Pending.Entries, s.org.Number)
}

// NewKey implements intake.Scribe.
func (s *scribe) NewKey(name string) {
	redo.Key{Name: name}.Append(&s.book.Pending.Entries, s.org.Number)
}

// Refuse implements intake.Scribe.
func (s *scribe) Refuse(meter uint16, reason usage.Reason) {
	s.org.Refuse(meter, reason)
	redo.Refuse{Meter: meter, Reason: reason}.Append(&s.book.Pending.Entries, s.org.Number)
}

// Incomplete implements intake.Scribe.
func (s *scribe) Incomplete(meter uint16) {
	s.org.MarkIncomplete(meter)
	redo.Incomplete{Meter: meter}.Append(&s.book.Pending.Entries, s.org.Number)
}
