// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// First is the first qualifying item of a user: in a period of a calendar
// window, by class, or (Ever) of all. Reports and explanations read them.
type First struct {
	Meter   uint16
	Kind    uint8 // usage.Kind, or Ever
	Class   uint8
	Period  period.Minute // start of the period
	Time    int64         // ns
	Version uint8         // of the meter's definition
	Signal  uint8         // 1 + usage.Signal; 0: noted by a program of before format 6
	Action  string
	UID     string
}

// Ever is the Kind of a user's first qualifying item of all.
const Ever = 255

// keptPeriods is how many periods of each kind and class are kept: those that
// have figures. Until format 5 it was one less.
const keptPeriods = 3

// What entries begin with. Those of format 2 have a Kind there, which is
// another number.
const (
	packedFirsts    = 127 // of formats 3 to 5: without signals
	signalledFirsts = 126 // of formats 6 and 7: of one meter, whose number is in the key
	meteredFirsts   = 125
)

// sameItem reports whether two entries are of one item.
func sameItem(a, b *First) bool {
	return a.Time == b.Time && a.UID == b.UID && a.Action == b.Action && a.Version == b.Version && a.Signal == b.Signal
}

// EncodeFirsts appends entries. One item is often the first of several periods and
// for several meters: it is written once.
func EncodeFirsts(e *wire.Encoder, all []First) {
	e.Uint(meteredFirsts)
	for i := range all {
		f := &all[i]
		e.Uint(uint64(f.Meter))
		e.Uint(uint64(f.Kind))
		e.Uint(uint64(f.Class))
		if f.Kind != Ever {
			e.Int(int64(period.Floor(f.Time) - f.Period))
		}
		before := slices.IndexFunc(all[:i], func(other First) bool { return sameItem(&other, f) })
		e.Uint(uint64(before + 1))
		if before < 0 {
			e.Int(f.Time)
			e.Uint(uint64(f.Version))
			e.Uint(uint64(f.Signal))
			e.String(f.Action)
			e.String(f.UID)
		}
	}
}

// DecodeFirsts reads entries and appends them. Those of formats up to 7 are of
// meter 0: which one it is is in their key.
func DecodeFirsts(b []byte, to []First) ([]First, error) {
	d := &wire.Decoder{Bytes: b}
	if len(b) == 0 || b[0] < meteredFirsts || b[0] > packedFirsts {
		return decodeFirsts2(d, to)
	}
	form := d.Uint()
	begin := len(to)
	for len(d.Bytes) > 0 {
		var f First
		if form == meteredFirsts {
			f.Meter = uint16(d.Uint())
		}
		f.Kind, f.Class = uint8(d.Uint()), uint8(d.Uint())
		before := int64(0)
		if f.Kind != Ever {
			before = d.Int()
		}
		if n := d.Uint(); n == 0 {
			f.Time, f.Version = d.Int(), uint8(d.Uint())
			if form != packedFirsts {
				f.Signal = uint8(d.Uint())
			}
			f.Action, f.UID = d.String(), d.String()
		} else if n <= uint64(len(to)-begin) {
			same := &to[begin+int(n)-1]
			f.Time, f.Version, f.Signal, f.Action, f.UID = same.Time, same.Version, same.Signal, same.Action, same.UID
		} else {
			return nil, errDamagedFirsts
		}
		if f.Kind != Ever {
			f.Period = period.Floor(f.Time) - period.Minute(before)
		}
		if to = append(to, f); d.Err() != nil {
			return nil, d.Err()
		}
	}
	return to, nil
}

var errDamagedFirsts = errors.New("first items are damaged")

// decodeFirsts2 reads entries of format 2, each with its item.
func decodeFirsts2(d *wire.Decoder, to []First) ([]First, error) {
	for len(d.Bytes) > 0 {
		to = append(to, First{
			Kind: uint8(d.Uint()), Class: uint8(d.Uint()), Period: period.Minute(d.Int()), Time: d.Int(),
			Version: uint8(d.Uint()), Action: d.String(), UID: d.String(),
		})
		if d.Err() != nil {
			return nil, d.Err()
		}
	}
	return to, nil
}

// MergeFirsts keeps the earliest item of each meter, kind, class and period, of the
// newest periods. The order in which items come does not matter.
func MergeFirsts(all []First) []First {
	slices.SortFunc(all, func(a, b First) int {
		return cmp.Or(cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Class, b.Class), cmp.Compare(b.Period, a.Period),
			cmp.Compare(a.Time, b.Time), strings.Compare(a.UID, b.UID), strings.Compare(a.Action, b.Action), cmp.Compare(a.Version, b.Version),
			cmp.Compare(b.Signal, a.Signal)) // one whose signal is known before the same without
	})
	kept, periods, last := all[:0], 0, First{}
	for i, f := range all {
		switch {
		case i == 0 || last.Meter != f.Meter || last.Kind != f.Kind || last.Class != f.Class:
			periods = 1
		case last.Period == f.Period:
			continue
		default:
			periods++
		}
		last = f
		if periods <= keptPeriods {
			kept = append(kept, f)
		}
	}
	return kept
}

// MergerName is what stores call the merging of first items; it is written.
const MergerName = "otelcol-usage.firsts.v1"

// Merge merges the values of one key. Most rows that a compaction rewrites have
// one only, and it stays as it is. It implements pebble.ValueMerger.
type Merge struct {
	only []byte // the first value, nil once there are more
	all  []First
}

// NewMerge begins with a value.
func NewMerge(value []byte) *Merge { return &Merge{only: bytes.Clone(value)} }

// MergeNewer takes a value that was written later.
func (m *Merge) MergeNewer(value []byte) (err error) {
	if m.only != nil {
		if m.all, err = DecodeFirsts(m.only, nil); err != nil {
			return err
		}
		m.only = nil
	}
	m.all, err = DecodeFirsts(value, m.all)
	return err
}

// MergeOlder takes a value that was written earlier, which makes no difference.
func (m *Merge) MergeOlder(value []byte) error { return m.MergeNewer(value) }

// Finish returns what the values come to.
func (m *Merge) Finish(bool) ([]byte, io.Closer, error) {
	if m.only != nil {
		return m.only, nil, nil
	}
	var e wire.Encoder
	EncodeFirsts(&e, MergeFirsts(m.all))
	return e.Bytes, nil, nil
}
