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

// take judges an item, enters it and, where its organization has a journal, puts
// what was written of it there too.
func (c *Clerk) take(place int, item int32) error {
	b, it, o := c.book, &c.batch.Items[item], c.orgs[item]
	from := len(c.changes.Entries.Bytes)
	b.advance(o, c.now, &c.changes)
	c.org = o
	v, err := c.judge.Judge(place, &o.Subject, c.refused[item], c)
	var noted uint64
	switch {
	case err != nil:
	case v.Outcome == usage.Counted:
		noted = c.enter(o, it, v)
	default:
		c.count(o, it, v)
	}
	it.Became, it.Because = v.Outcome, v.Reason // the sender is told
	b.keep(o, c.now, c.changes.Entries.Bytes[from:], &c.changes)
	c.note(o, it, v, noted)
	return err
}

// count enters an item that no meter takes.
func (c *Clerk) count(o *Org, it *usage.Item, v *intake.Verdict) {
	o.Count(c.now, it.Signal, v.Outcome, 1)
	redo.Count{Signal: it.Signal, Outcome: v.Outcome}.Append(&c.changes.Entries, o.Number)
	if v.Outcome != usage.Duplicate {
		o.Note(organization.Reject{
			Arrived: c.now, Signal: it.Signal, Outcome: v.Outcome, Reason: v.Reason, Action: it.Action,
			Unit: usage.UnitOf(it.Time),
		})
	}
}

// enter writes a counted item down and applies it. It returns of which effects
// something is to be noted, as organization.Apply does.
func (c *Clerk) enter(o *Org, it *usage.Item, v *intake.Verdict) (noted uint64) {
	if v.Summed {
		c.duplicates.Add(v.UID)
	}
	entry := redo.Event{Signal: it.Signal, Event: v.Event, UID: v.UID, Summed: v.Summed}
	entry.Append(&c.changes.Entries, o.Number)
	o.Count(c.now, it.Signal, usage.Counted, 1)
	noted = o.Apply(&v.Event)
	for i := range v.Event.Effects {
		e := &v.Event.Effects[i]
		if it.Sampled && e.OfMeter() && o.MarkSampled(e.Meter) {
			redo.Sampled{Meter: e.Meter}.Append(&c.changes.Entries, o.Number)
		}
	}
	return noted
}

// note writes down an item of which some effects may be a user's first ones in a
// period, and keeps the id of a user whom a list names now. It is not for journals: an
// erased user's items stay in those.
func (c *Clerk) note(o *Org, it *usage.Item, v *intake.Verdict, noted uint64) {
	if noted == 0 || o.Nameless(v.Event.User) {
		return
	}
	f := &c.first
	*f = redo.First{User: v.Event.User, Time: it.Time, Signal: it.Signal, Action: it.Action, UID: it.UID, Of: f.Of[:0]}
	for i := range v.Event.Effects {
		switch e := &v.Event.Effects[i]; {
		case noted>>min(i, 63)&1 == 0:
		case e.Kind == usage.Active:
			f.Of = append(f.Of, redo.FirstOf{Meter: e.Meter, Class: e.Class, Version: v.Versions[i]})
		case e.Kind == usage.Consume && e.ByUser:
			o.names.Keep(v.Event.User, it.User)
		}
	}
	if len(f.Of) > 0 {
		f.Append(&c.changes.Entries, o.Number)
		c.book.note(o, f)
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
// be read there. To merge one once more after a crash makes no difference. Those that a
// checkpoint has taken are there when filed is closed; nil: there are none.
func (b *Book) File(o *Org) (filed <-chan struct{}) {
	o.notes.Take(o.Number, b.Pending.Merge)
	return o.notes.Filed()
}

// NewUser implements intake.Scribe, as the methods below do.
func (c *Clerk) NewUser(slot uint32, hash uint64, id string) {
	nameUser(&c.changes, c.org.Number, slot, hash, id)
}

// Returned says that an item names a user whose id was erased.
func (c *Clerk) Returned(slot uint32, id string) { returned(c.org, c.now, slot, id, &c.changes) }

// NewValue says that a value of a breakdown took a place.
func (c *Clerk) NewValue(meter uint16, breakdown int, name string) {
	redo.Value{Meter: meter, Breakdown: breakdown, Name: name}.Append(&c.changes.Entries, c.org.Number)
}

// NewKey says that a key of standing activity got a number.
func (c *Clerk) NewKey(name string) { redo.Key{Name: name}.Append(&c.changes.Entries, c.org.Number) }

// Refuse says that a meter could not use its part of an item that is counted.
func (c *Clerk) Refuse(meter uint16, reason usage.Reason) {
	c.org.Refuse(meter, reason)
	redo.Refuse{Meter: meter, Reason: reason}.Append(&c.changes.Entries, c.org.Number)
}

// Incomplete says that a limit keeps a user from a meter.
func (c *Clerk) Incomplete(meter uint16) {
	c.org.MarkIncomplete(meter)
	redo.Incomplete{Meter: meter}.Append(&c.changes.Entries, c.org.Number)
}
