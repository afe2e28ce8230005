// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// replay applies the redo entries again.
//
// What an entry of one organization does, it does to that one only. So entries
// are read in their order and gathered to a stretch, and the stretch is applied
// by several workers side by side, each taking the entries of its organizations
// in their order. An entry that concerns all organizations, or makes one, ends
// the stretch.
//
// now is the time at the last checkpoint, of which entries go on. The book's time
// may be later: an organization may have been saved on its own since.
func (b *book) replay(now int64) error {
	erased, err := b.readErased()
	if err != nil {
		return err
	}
	r, last := &replayer{book: b, now: now, erased: erased}, uint64(0)
	err = b.each([]byte{keyRedo}, func(key, value []byte) error {
		if len(key) != 9 {
			return errors.New("damaged key of redo")
		}
		last = binary.BigEndian.Uint64(key[1:])
		b.unfolded += int64(len(value))
		return r.group(last, value)
	})
	if err = errors.Join(err, r.apply()); err != nil {
		return err
	}
	if err := b.readJournals(); err != nil {
		return err
	}
	again := b.db.NewBatch() // statements, which may be missing if the power went
	for _, o := range b.orgs {
		if o == nil {
			continue
		}
		last = max(last, o.position.group)
		if err := b.republish(o, again); err != nil {
			return err
		}
	}
	b.pending.number = last + 1
	return again.Commit(pebble.Sync)
}

// stretchLength is how many entries are gathered: enough for the workers to
// have some hundred entries each, few enough for the caches.
const stretchLength = 1024

// replayer gathers entries and applies them.
type replayer struct {
	book    *book
	now     int64           // the arrival that the entries are of
	erased  map[uint32]bool // organizations by number, of which nothing is there
	stretch []step          // its memory is used again
	n       int             // steps of the stretch
}

// step is an entry of one organization.
type step struct {
	org    *org
	now    int64 // the arrival before it
	kind   uint64
	event  meter.Event   // entryEvent
	signal usage.Signal  // entryEvent, entryCount
	as     usage.Outcome // entryCount
	meter  uint16        // entryValue, entryRefuse, entryIncomplete, entrySampled
	split  int           // entryValue: breakdown
	name   string        // entryValue, entryKey, entryForgetName
	reason usage.Reason  // entryRefuse
	uid    usage.UID     // entryEvent, where keyed
	keyed  bool
	change calendar.Entry // entryCalendar
	window usage.Kind     // entryTerms
	terms  *meter.Terms   // entryTerms
	quotas []meter.Quota  // entryQuotas
}

// group reads the entries of one group. What an organization's checkpoint
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
	switch kind := d.Uint(); kind {
	case entryArrival:
		r.moveTo(d.Int())
		return d.Err()
	case entryCollect, entryRecover, entryOpen:
		if err := r.apply(); err != nil {
			return err
		}
		return r.common(d, kind, number, offset)
	default:
		return r.gather(d, kind, number, offset)
	}
}

func (r *replayer) moveTo(now int64) {
	r.now = max(r.now, now)
	r.book.now = max(r.book.now, now)
}

// common applies an entry that concerns all organizations, or makes one.
func (r *replayer) common(d *meter.Decoder, kind, number, offset uint64) error {
	b := r.book
	switch kind {
	case entryCollect:
		at := meter.Minute(d.Int())
		for _, o := range b.byID {
			if !o.position.covers(number, offset) {
				o.Collect(at)
			}
		}
		r.moveTo(at.Ns())
	case entryRecover:
		of := meter.Outage{Down: d.Int(), Up: d.Int()}
		b.defs.Recover(of)
		for _, o := range b.byID {
			if !o.position.covers(number, offset) {
				o.recover(of)
			}
		}
	case entryOpen:
		return r.open(uint32(d.Uint()), d.String(), int(d.Int()), d)
	}
	return d.Err()
}

// open makes the organization, unless its checkpoint has been read or it was
// erased.
func (r *replayer) open(number uint32, zone string, anchor int, d *meter.Decoder) error {
	if d.Err() != nil {
		return d.Err()
	}
	b := r.book
	if r.erased[number] || int(number) < len(b.orgs) && b.orgs[number] != nil {
		return nil
	}
	cal, err := calendar.FromHistory([]calendar.Entry{{Zone: zone, Anchor: anchor}})
	if err != nil {
		return err
	}
	return b.reopen(number, cal, r.now)
}

// gather adds an entry of one organization to the stretch.
func (r *replayer) gather(d *meter.Decoder, kind, number, offset uint64) error {
	b, n := r.book, d.Uint()
	erased := n < uint64(len(b.orgs)) && r.erased[uint32(n)]
	if n >= uint64(len(b.orgs)) || b.orgs[n] == nil && !erased {
		return fmt.Errorf("entry of kind %d names organization %d, which is not there", kind, n)
	}
	if r.n == len(r.stretch) {
		if r.n == stretchLength {
			if err := r.apply(); err != nil {
				return err
			}
		} else {
			r.stretch = append(r.stretch, step{})
		}
	}
	s := &r.stretch[r.n]
	s.org, s.now, s.kind = b.orgs[n], r.now, kind
	if err := s.read(d); err != nil {
		return err
	}
	if s.kind == entryEvent && s.keyed { // also where the organization's checkpoint covers the entry
		b.duplicates.Add(s.uid)
	}
	if !erased && !s.org.position.covers(number, offset) {
		r.n++
	}
	return nil
}

// read reads what the entry says.
func (s *step) read(d *meter.Decoder) error {
	switch s.kind {
	case entryEvent:
		s.signal = usage.Signal(d.Uint())
		if err := s.event.Decode(d); err != nil {
			return err
		}
		if s.keyed = d.Bool(); s.keyed {
			if len(d.Bytes) < 16 {
				return errors.New("uid is cut short")
			}
			s.uid = usage.UID{binary.LittleEndian.Uint64(d.Bytes), binary.LittleEndian.Uint64(d.Bytes[8:])}
			d.Bytes = d.Bytes[16:]
		}
	case entryValue:
		s.meter, s.split, s.name = uint16(d.Uint()), int(d.Uint()), d.String()
	case entryKey, entryForgetName:
		s.name = d.String()
	case entryCount:
		s.signal, s.as = usage.Signal(d.Uint()), usage.Outcome(d.Uint())
	case entryRefuse:
		s.meter, s.reason = uint16(d.Uint()), usage.Reason(d.String())
	case entryIncomplete, entrySampled:
		s.meter = uint16(d.Uint())
	case entryCalendar:
		s.change = calendar.Entry{From: time.Unix(0, d.Int()).Unix(), Zone: d.String()}
		s.change.Decode(d.Int())
	case entryTerms:
		s.meter, s.window, s.terms = uint16(d.Uint()), usage.Kind(d.Uint()), meter.DecodeTerms(d)
		if s.window >= usage.Rolling {
			return fmt.Errorf("terms on a window of unknown kind %d", s.window)
		}
	case entryQuotas:
		s.quotas = meter.DecodeQuotas(d)
	default:
		return fmt.Errorf("entry of unknown kind %d", s.kind)
	}
	return d.Err()
}

// apply applies the stretch and begins a new one.
func (r *replayer) apply() error {
	steps, workers := r.stretch[:r.n], runtime.GOMAXPROCS(0)
	r.n = 0
	var g errgroup.Group
	for worker := range workers {
		g.Go(func() error {
			mine := func(s *step) bool { return int(s.org.number)%workers == worker }
			var touched uint64
			for i := range steps {
				if s := &steps[i]; s.kind == entryEvent && mine(s) {
					touched += s.org.TouchEvent(&s.event)
				}
			}
			for i := range steps {
				if s := &steps[i]; mine(s) {
					if err := s.apply(); err != nil {
						return fmt.Errorf("redo of organization %d: %w", s.org.number, err)
					}
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (s *step) apply() error {
	o := s.org
	o.advanceTo(s.now, false)
	switch s.kind {
	case entryEvent:
		o.Count(s.now, s.signal, usage.Counted, 1)
		o.Apply(&s.event)
	case entryValue:
		o.PlaceValue(s.meter, s.split, s.name)
	case entryKey:
		o.Key(s.name)
	case entryForgetName:
		o.ForgetName(s.name)
	case entryCount:
		o.Count(s.now, s.signal, s.as, 1)
	case entryRefuse:
		o.Refuse(s.meter, s.reason)
	case entryIncomplete:
		o.MarkIncomplete(s.meter)
	case entrySampled:
		o.MarkSampled(s.meter)
	case entryTerms:
		o.SetTerms(s.meter, s.window, s.terms)
	case entryCalendar:
		return o.changeCalendar(s.change)
	case entryQuotas:
		o.SetQuotas(s.quotas)
	}
	return nil
}
