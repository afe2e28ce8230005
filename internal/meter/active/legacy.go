// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"encoding/binary"

	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Until format 6 of the state every meter had pages of its own: of its users
// (population 0), and of the records of each breakdown (population 1 ..), which
// name their users and values in a list behind them.
//
//	page    64 records, list of (user, value)
//	record  0, where nobody's; else 1 + classes that have something: uint | stamp - that of the last one: int | those classes
//	class   number uint | stamp - last: int | periods: sparse
//
// Until format 2 records were words as they lay in memory, a multiple of rawStep
// bytes, and the pairs stood in the head.
const (
	legacyRecords = 64
	rawStep       = 8 * legacyRecords
)

// legacyRecord is what a page has of one class of a record.
type legacyRecord struct {
	n           int // record
	class       uint8
	stamp, last period.Minute
	periods     uint64
}

// RestorePage reads such a page into the users' blocks.
func (a *Meter) RestorePage(c *period.Clock, population uint8, page uint32, data []byte) error {
	if int(population) > len(a.breakdowns) {
		return wire.ErrCorrupt
	}
	d := &wire.Decoder{Bytes: data}
	var records []legacyRecord
	if len(data)%rawStep == 0 {
		records = a.rawRecords(d)
	} else {
		records = a.records(d)
	}
	if population == 0 {
		for _, r := range records {
			slot := page*legacyRecords + uint32(r.n)
			if int(slot) >= a.users.Len() {
				return wire.ErrCorrupt
			}
			a.restoreOwn(c, slot, r)
		}
		return d.Err()
	}
	s := &a.breakdowns[population-1]
	if len(data)%rawStep != 0 {
		for range d.Count(2) {
			s.legacy = append(s.legacy, d.Uint()<<32|d.Uint())
		}
	}
	for _, r := range records {
		n := int(page)*legacyRecords + r.n
		if d.Err() != nil || n >= len(s.legacy) {
			return wire.ErrCorrupt
		}
		root, value := s.legacy[n]>>32, uint32(s.legacy[n])
		if root >= uint64(a.users.Len()) || int(value) >= len(s.totals) || s.totals[value] == nil {
			return wire.ErrCorrupt
		}
		a.restorePair(c, s, uint32(root), value, r)
	}
	return d.Err()
}

func (a *Meter) records(d *wire.Decoder) (all []legacyRecord) {
	stamp := int64(0)
	for n := range legacyRecords {
		used := d.Uint()
		if used == 0 {
			continue
		}
		stamp += d.Int()
		if stamp <= 0 || stamp != int64(period.Minute(stamp)) {
			d.Fail()
			return nil
		}
		for range used - 1 {
			class, last, periods := d.Uint(), stamp-d.Int(), d.Sparse()
			if class >= uint64(len(a.fields)) || last != int64(period.Minute(last)) || d.Err() != nil {
				d.Fail()
				return nil
			}
			all = append(all, legacyRecord{n, uint8(class), period.Minute(stamp), period.Minute(last), periods})
		}
	}
	return all
}

// rawRecords reads words: the stamp and the latest minutes, two in a word, then
// the periods of each class.
func (a *Meter) rawRecords(d *wire.Decoder) (all []legacyRecord) {
	classes := len(a.fields)
	if len(d.Bytes) != rawStep*((2+classes)/2+classes) {
		d.Fail()
		return nil
	}
	words := make([]uint64, (2+classes)/2+classes)
	for n := range legacyRecords {
		for i := range words {
			words[i] = binary.LittleEndian.Uint64(d.Bytes)
			d.Bytes = d.Bytes[8:]
		}
		stamp := period.Minute(words[0] >> 32)
		for class := range classes {
			last := period.Minute(uint32(words[(class+1)/2] >> (32 * ((class + 2) & 1))))
			if periods := words[(2+classes)/2+class]; stamp != 0 && (last != 0 || periods != 0) {
				all = append(all, legacyRecord{n, uint8(class), stamp, last, periods})
			}
		}
	}
	return all
}

// now returns the periods of a record as they are now.
func (r *legacyRecord) now(c *period.Clock) uint64 {
	return people.Shift(r.periods, people.TurnsSince(c, r.stamp, nil))
}

func (a *Meter) restoreOwn(c *period.Clock, slot uint32, r legacyRecord) {
	own := a.own(c, slot)
	own.setLast(r.class, max(own.last(r.class), r.last))
	own.setBits(r.class, r.now(c))
}

func (a *Meter) restorePair(c *period.Clock, s *breakdown, root, value uint32, r legacyRecord) {
	of := a.own(c, root).under(s.pair(a, value, r.class))
	of.begin(r.class)
	of.setLast(r.class, max(of.last(r.class), r.last))
	of.setBits(r.class, r.now(c))
}
