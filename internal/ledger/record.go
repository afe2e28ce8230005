// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// record judges and applies the items of a batch, in order.
func (b *book) record(batch *usage.Batch) error {
	b.judge.LookAhead(batch, b.now, b.present)
	for i := range batch.Items {
		if err := b.take(i, &batch.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// present returns an organization that is there, at the book's time, else nil.
func (b *book) present(id string) *intake.Subject {
	o := b.find(id)
	if o == nil {
		return nil
	}
	if o.advanced != b.now {
		b.advance(o)
	}
	return &o.Subject
}

// take judges an item, enters it and, where its organization has a journal, puts
// what was written of it there too.
func (b *book) take(i int, it *usage.Item) error {
	o, refused := b.organization(i, it)
	from := len(b.pending.entries.Bytes)
	b.advance(o)
	b.scribe.org = o
	v, err := b.judge.Judge(i, &o.Subject, refused, &b.scribe)
	switch {
	case err != nil:
	case v.Outcome == usage.Counted:
		b.enter(o, it, v)
	default:
		b.count(o, it, v)
	}
	it.Became, it.Because = v.Outcome, v.Reason // the sender is told
	b.keep(o, from)
	return err
}

// organization returns where an item is counted, and why it cannot be where it
// says.
func (b *book) organization(i int, it *usage.Item) (*org, usage.Reason) {
	if known := b.judge.Found(i); known != nil {
		return b.orgs[known.Number], usage.ReasonNone
	}
	if o := b.find(it.Organization); o != nil {
		return o, usage.ReasonNone
	}
	_, listed := b.settings.Catalogue.Lookup(it.Organization)
	makeOne, refused := b.judge.Rules.Place(it, listed, intake.Census{All: len(b.byID), Unlisted: b.unlisted})
	if makeOne {
		return b.open(it.Organization), usage.ReasonNone
	}
	if refused == usage.ReasonUnlisted {
		b.warnUnlisted()
	}
	return b.nobodyOrg(), refused
}

// count enters an item that no meter takes.
func (b *book) count(o *org, it *usage.Item, v *intake.Verdict) {
	o.Count(b.now, it.Signal, v.Outcome, 1)
	redo.Count{Signal: it.Signal, Outcome: v.Outcome}.Append(&b.pending.entries, o.Number)
	if v.Outcome != usage.Duplicate {
		o.Note(organization.Reject{
			Arrived: b.now, Signal: it.Signal, Outcome: v.Outcome, Reason: v.Reason, Action: it.Action,
			Unit: usage.UnitOf(it.Time),
		})
	}
}

// enter writes a counted item down and applies it.
func (b *book) enter(o *org, it *usage.Item, v *intake.Verdict) {
	if v.Summed {
		b.duplicates.Add(v.UID)
	}
	entry := redo.Event{Signal: it.Signal, Event: v.Event, UID: v.UID, Summed: v.Summed}
	entry.Append(&b.pending.entries, o.Number)
	o.Count(b.now, it.Signal, usage.Counted, 1)
	first := o.Apply(&v.Event)
	for i := range v.Event.Effects {
		e := &v.Event.Effects[i]
		if it.Sampled && e.OfMeter() && o.MarkSampled(e.Meter) {
			redo.Sampled{Meter: e.Meter}.Append(&b.pending.entries, o.Number)
		}
		if first>>min(i, 63)&1 != 0 && e.Kind == usage.Active {
			b.noteFirst(o, it, v, i)
		}
	}
}

// noteFirst writes down an item whose i-th effect may be a user's first one in a
// period.
func (b *book) noteFirst(o *org, it *usage.Item, v *intake.Verdict, i int) {
	user, e := v.Event.User, &v.Event.Effects[i]
	if o.Nameless(user) {
		return
	}
	f := archive.First{Class: e.Class, Time: it.Time, Version: v.Versions[i], Signal: 1 + uint8(it.Signal), Action: it.Action, UID: it.UID, Kind: archive.Ever}
	b.firsts = append(b.firsts[:0], f)
	for _, w := range b.defs.Meters[e.Meter].Windows {
		if w.Kind != usage.Rolling && w.Kind != usage.Hour {
			f.Kind, f.Period = uint8(w.Kind), o.PeriodStart(w.Kind, it.Time)
			b.firsts = append(b.firsts, f)
		}
	}
	enc := wire.Encoder{Bytes: b.encoded[:0]}
	archive.EncodeFirsts(&enc, b.firsts)
	b.encoded = enc.Bytes
	b.pending.merge(archive.FirstKey(o.Number, user, e.Meter), enc.Bytes)
}

// scribe writes what an item brings with it into the gathering group.
type scribe struct {
	book *book
	org  *org
}

// NewUser implements intake.Scribe.
func (s *scribe) NewUser(slot uint32, hash uint64, id string) {
	s.book.pending.newUser(s.org.Number, slot, hash, id)
}

// Returned implements intake.Scribe.
func (s *scribe) Returned(slot uint32, id string) { s.book.returned(s.org, slot, id) }

// NewValue implements intake.Scribe.
func (s *scribe) NewValue(meter uint16, breakdown int, name string) {
	redo.Value{Meter: meter, Breakdown: breakdown, Name: name}.Append(&s.book.pending.entries, s.org.Number)
}

// NewKey implements intake.Scribe.
func (s *scribe) NewKey(name string) {
	redo.Key{Name: name}.Append(&s.book.pending.entries, s.org.Number)
}

// Refuse implements intake.Scribe.
func (s *scribe) Refuse(meter uint16, reason usage.Reason) {
	s.org.Refuse(meter, reason)
	redo.Refuse{Meter: meter, Reason: reason}.Append(&s.book.pending.entries, s.org.Number)
}

// Incomplete implements intake.Scribe.
func (s *scribe) Incomplete(meter uint16) {
	s.org.MarkIncomplete(meter)
	redo.Incomplete{Meter: meter}.Append(&s.book.pending.entries, s.org.Number)
}
