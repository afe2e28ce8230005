// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"
	"iter"

	"github.com/otelcol-usage/otelcol-usage/internal/lanes"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// replay applies the redo entries again.
//
// What an entry of one organization does, it does to that one only: organizations are
// lanes, of which several are applied side by side. An entry that concerns all
// organizations, or makes one, waits for those before it.
//
// now is the time at the last checkpoint, of which entries go on. The book's time
// may be later: an organization may have been saved on its own since.
func (b *Book) replay(now int64) error {
	erased, err := b.passErased()
	if err != nil {
		return err
	}
	r := &replayer{book: b, now: now, erased: erased}
	r.lanes = lanes.New(stretchLength, r.apply)
	err = b.eachGroup(r.group)
	if rest := r.lanes.Finish(); err == nil {
		err = rest
	}
	if err != nil {
		return err
	}
	again := b.Rows.NewBatch() // statements that no group has: those of a collection that was cut off
	for _, o := range b.Orgs {
		if o == nil {
			continue
		}
		b.Journaled.Add(o.Journal.bytes())
		if b.Log == nil {
			b.Pending.Number = max(b.Pending.Number, o.position.Group+1)
		}
		if err := b.republish(o, again); err != nil {
			return err
		}
	}
	return b.Rows.Write(again)
}

// stretchLength is how many entries are gathered: enough for an organization to have
// several of them where there are a thousand.
const stretchLength = 1 << 14

// replayer gathers entries and applies them.
type replayer struct {
	book   *Book
	now    int64           // the arrival that the entries are of
	erased map[uint32]bool // organizations by number, of which nothing is there
	lanes  *lanes.Lanes[step]
}

// step is an entry of one organization.
type step struct {
	org  *Org
	now  int64 // the arrival before it
	read redo.Reading
	kept []byte // for the journal of the organization
}

// group reads the entries of one group. What an organization's checkpoint
// covers is passed over.
func (r *replayer) group(number uint64, entries []byte) error {
	d := &wire.Decoder{Bytes: entries}
	for len(d.Bytes) > 0 {
		offset := uint64(len(entries) - len(d.Bytes))
		if err := r.entry(d, part.Position{Group: number, Offset: offset}); err != nil {
			return fmt.Errorf("redo group %d, entry at byte %d: %w", number, offset, err)
		}
	}
	return nil
}

func (r *replayer) entry(d *wire.Decoder, at part.Position) error {
	s, err := r.lanes.Next()
	if err != nil {
		return err
	}
	before := d.Bytes
	if err := s.read.Read(d); err != nil {
		return err
	}
	switch x := s.read.Entry.(type) {
	case *redo.Arrival:
		r.now = x.Now
		r.book.Now = max(r.book.Now, x.Now)
		return nil
	case redo.OfOrganization:
		return r.gather(s, at, before[:len(before)-len(d.Bytes)])
	}
	if err := r.lanes.Finish(); err != nil { // with the entries before this one
		return err
	}
	return r.common(&s.read, at)
}

// common applies an entry that concerns all organizations, or makes one.
func (r *replayer) common(read *redo.Reading, at part.Position) error {
	b := r.book
	switch x := read.Entry.(type) {
	case *redo.Collect:
		lanes.Each(len(b.ByID), func(i int) {
			if o := b.ByID[i]; !o.position.Covers(at) {
				o.Recollect(x.At)
			}
		})
		r.now = max(r.now, x.At.Ns())
		b.Now = max(b.Now, r.now)
	case *redo.Recover:
		b.Defs.Recover(x.Outage)
		for _, o := range b.ByID {
			if !o.position.Covers(at) {
				o.recover(x.Outage)
				if at.Group >= b.whole {
					o.keepOutage(x.Outage)
				}
			}
		}
	case *redo.Open:
		return r.open(read.Organization, x)
	}
	return nil
}

// open makes the organization, unless its checkpoint has been read or it was
// erased.
func (r *replayer) open(number uint32, x *redo.Open) error {
	b := r.book
	if r.erased[number] || int(number) < len(b.Orgs) && b.Orgs[number] != nil {
		return nil
	}
	cal, err := x.Calendar()
	if err != nil {
		return err
	}
	return b.reopen(number, cal, r.now)
}

// gather adds an entry of one organization to the stretch, whose next step it
// was read into.
func (r *replayer) gather(s *step, at part.Position, entry []byte) error {
	b, n := r.book, s.read.Organization
	erased := r.erased[n]
	if int(n) >= len(b.Orgs) || b.Orgs[n] == nil && !erased {
		return fmt.Errorf("an entry of type %T names organization %d, which is not there", s.read.Entry, n)
	}
	s.org, s.now = b.Orgs[n], r.now
	if x, is := s.read.Entry.(*redo.Event); is && x.Summed { // also where the organization's checkpoint covers the entry
		b.Duplicates.Part(int(n) % Shards).Add(x.UID)
	}
	if erased || s.org.position.Covers(at) {
		return nil
	}
	if s.kept = s.kept[:0]; s.org.Journal != nil && at.Group >= b.whole {
		s.kept = append(s.kept, entry...)
	}
	r.lanes.Enter(n)
	return nil
}

// apply applies the entries of one organization.
func (r *replayer) apply(entries iter.Seq[*step]) error {
	for s := range entries {
		if x, is := s.read.Entry.(*redo.Event); is {
			s.org.PrefetchEvent(&x.Event)
		}
	}
	for s := range entries {
		if err := s.apply(r.book); err != nil {
			return fmt.Errorf("redo of organization %d: %w", s.org.Number, err)
		}
	}
	return nil
}

func (s *step) apply(b *Book) error {
	s.org.advanceTo(s.now, false)
	if x, is := s.read.Entry.(*redo.First); is {
		b.note(s.org, x)
		return nil
	}
	err := s.read.Entry.(redo.OfOrganization).Apply(s.org.Organization, s.now)
	if len(s.kept) > 0 {
		s.org.keep(s.now, s.kept)
	}
	return err
}
