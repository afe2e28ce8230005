// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// group is what is committed together: redo entries, and rows that go straight
// to their place.
type group struct {
	number  uint64
	entries meter.Encoder
	rows    *pebble.Batch
	done    chan struct{} // closed when committed or failed
	err     error         // of the commit, once done
}

func newGroup(db *pebble.DB, number uint64) *group {
	return &group{number: number, rows: db.NewBatch(), done: make(chan struct{})}
}

func (g *group) empty() bool { return len(g.entries.Bytes) == 0 && g.rows.Empty() }

// The kinds of entries. Numbers are written: never change one.
const (
	entryArrival    = 1  // now
	entryOpen       = 2  // org, zone, anchor
	entryValue      = 3  // org, meter, breakdown, name
	entryKey        = 4  // org, name
	entryEvent      = 5  // org, signal, event, uid
	entryCount      = 6  // org, signal, outcome
	entryRefuse     = 7  // org, meter, reason
	entryIncomplete = 8  // org, meter
	entryCollect    = 9  // minute
	entryRecover    = 10 // down, up
	entryCalendar   = 11 // org, at, zone, anchor
)

func (g *group) entry(kind uint64) *meter.Encoder {
	g.entries.Uint(kind)
	return &g.entries
}

func (g *group) arrival(now int64) { g.entry(entryArrival).Int(now) }

func (g *group) collect(at meter.Minute) { g.entry(entryCollect).Int(int64(at)) }

func (g *group) recover(down, up int64) {
	e := g.entry(entryRecover)
	e.Int(down)
	e.Int(up)
}

func (g *group) openOrg(org uint32, cal *calendar.Calendar) {
	e := g.entry(entryOpen)
	e.Uint(uint64(org))
	e.String(cal.Zone().String())
	e.Int(int64(cal.Anchor()))
}

func (g *group) calendar(org uint32, at int64, cal *calendar.Calendar) {
	e := g.entry(entryCalendar)
	e.Uint(uint64(org))
	e.Int(at)
	e.String(cal.Zone().String())
	e.Int(int64(cal.Anchor()))
}

func (g *group) newValue(org uint32, m uint16, breakdown int, name string) {
	e := g.entry(entryValue)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
	e.Uint(uint64(breakdown))
	e.String(name)
}

func (g *group) newKey(org uint32, name string) {
	e := g.entry(entryKey)
	e.Uint(uint64(org))
	e.String(name)
}

func (g *group) event(org uint32, signal usage.Signal, ev *meter.Event, uid *usage.UID) {
	e := g.entry(entryEvent)
	e.Uint(uint64(org))
	e.Uint(uint64(signal))
	ev.Encode(e)
	e.Bool(uid != nil)
	if uid != nil {
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, uid[0])
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, uid[1])
	}
}

func (g *group) count(org uint32, signal usage.Signal, outcome usage.Outcome) {
	e := g.entry(entryCount)
	e.Uint(uint64(org))
	e.Uint(uint64(signal))
	e.Uint(uint64(outcome))
}

func (g *group) refuse(org uint32, m uint16, reason usage.Reason) {
	e := g.entry(entryRefuse)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
	e.String(string(reason))
}

func (g *group) incomplete(org uint32, m uint16) {
	e := g.entry(entryIncomplete)
	e.Uint(uint64(org))
	e.Uint(uint64(m))
}

// newUser writes a user's id to its place: entries name users by slot.
func (g *group) newUser(org, slot uint32, hash uint64, id string) {
	value := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(id)), hash)
	g.set(userKey(org, slot), append(value, id...))
}

// set and merge cannot fail: a batch that is not yet committed only grows.
func (g *group) set(key, value []byte)   { _ = g.rows.Set(key, value, nil) }
func (g *group) merge(key, value []byte) { _ = g.rows.Merge(key, value, nil) }

// replayer applies entries again.
type replayer struct {
	book  *book
	event meter.Event
}

// group applies the entries of one group. What an organization's checkpoint
// covers is passed over.
func (r *replayer) group(number uint64, entries []byte) error {
	d := &meter.Decoder{Bytes: entries}
	for len(d.Bytes) > 0 {
		offset := uint64(len(entries) - len(d.Bytes))
		if err := r.entry(d, number, offset); err != nil {
			return fmt.Errorf("redo group %d, entry at byte %d: %w", number, offset, err)
		}
	}
	return nil
}

func (r *replayer) entry(d *meter.Decoder, number, offset uint64) error {
	b := r.book
	switch kind := d.Uint(); kind {
	case entryArrival:
		b.now = max(b.now, d.Int())
	case entryCollect:
		at := meter.Minute(d.Int())
		for _, o := range b.byID {
			if !o.position.covers(number, offset) {
				o.Collect(at)
			}
		}
		b.now = max(b.now, at.Ns())
	case entryRecover:
		down, up := d.Int(), d.Int()
		b.defs.Down, b.defs.Up = down, up
		for _, o := range b.byID {
			if !o.position.covers(number, offset) {
				o.Recover(down, up)
			}
		}
	case entryOpen:
		return r.open(uint32(d.Uint()), d.String(), int(d.Int()), d)
	default:
		return r.orgEntry(d, kind, number, offset)
	}
	return d.Err()
}

// open makes the organization, unless its checkpoint has been read.
func (r *replayer) open(number uint32, zone string, anchor int, d *meter.Decoder) error {
	if d.Err() != nil {
		return d.Err()
	}
	b := r.book
	if int(number) < len(b.orgs) && b.orgs[number] != nil {
		return nil
	}
	cal, err := calendar.FromHistory([]calendar.Entry{{Zone: zone, Anchor: anchor}})
	if err != nil {
		return err
	}
	return b.reopen(number, cal)
}

func (r *replayer) orgEntry(d *meter.Decoder, kind, number, offset uint64) error {
	b, n := r.book, d.Uint()
	if n >= uint64(len(b.orgs)) || b.orgs[n] == nil {
		return fmt.Errorf("entry of kind %d names organization %d, which is not there", kind, n)
	}
	o := b.orgs[n]
	covered := o.position.covers(number, offset)
	if !covered {
		b.advance(o, false)
	}
	switch kind {
	case entryEvent:
		return r.applyEvent(o, d, covered)
	case entryValue:
		m, breakdown, name := uint16(d.Uint()), int(d.Uint()), d.String()
		if !covered {
			o.Value(m, breakdown, name)
		}
	case entryKey:
		if name := d.String(); !covered {
			o.Key(name)
		}
	case entryCount:
		signal, outcome := usage.Signal(d.Uint()), usage.Outcome(d.Uint())
		if !covered && d.Err() == nil {
			o.Count(b.now, signal, outcome, 1)
		}
	case entryRefuse:
		if m, reason := uint16(d.Uint()), usage.Reason(d.String()); !covered {
			o.Refuse(m, reason)
		}
	case entryIncomplete:
		if m := uint16(d.Uint()); !covered {
			o.MarkIncomplete(m)
		}
	case entryCalendar:
		at, zone, anchor := d.Int(), d.String(), int(d.Int())
		if !covered && d.Err() == nil {
			return o.changeCalendar(at, zone, anchor)
		}
	default:
		return fmt.Errorf("entry of unknown kind %d", kind)
	}
	return d.Err()
}

func (r *replayer) applyEvent(o *org, d *meter.Decoder, covered bool) error {
	signal := usage.Signal(d.Uint())
	if err := r.event.Decode(d); err != nil {
		return err
	}
	if d.Bool() {
		if len(d.Bytes) < 16 {
			return errors.New("uid is cut short")
		}
		uid := usage.UID{binary.LittleEndian.Uint64(d.Bytes), binary.LittleEndian.Uint64(d.Bytes[8:])}
		d.Bytes = d.Bytes[16:]
		r.book.duplicates.Add(dayOf(r.event.Time), uid)
	}
	if !covered && d.Err() == nil {
		o.Count(r.book.now, signal, usage.Counted, 1)
		o.Apply(&r.event)
	}
	return d.Err()
}
