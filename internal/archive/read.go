// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// ErrTooMany says that a query selects more statements than its limit.
var ErrTooMany = errors.New("too many statements")

// Names are those that an organization has given to values of breakdowns.
type Names interface {
	ValueName(meter uint16, breakdown int, n uint32) string
}

// Reader reads the archive of one organization.
type Reader struct {
	Rows   Rows
	ID     string // of the organization
	Number uint32 // likewise, in keys
	Names  Names
	Meters []usage.Meter // by number
}

// Range is the periods of a meter's window that begin at or after From and before
// To.
type Range struct {
	Meter    uint16
	Kind     usage.Kind
	From, To period.Minute
}

// The ends of what a Range can reach.
const (
	Beginning = period.Minute(0)
	End       = period.Minute(math.MaxInt32)
)

func (r *Reader) rows(of Range) (Cursor, error) {
	return r.Rows.Range(
		periodKey(KindStatement, r.Number, of.Meter, of.Kind, of.From),
		periodKey(KindStatement, r.Number, of.Meter, of.Kind, of.To))
}

// Read appends the statements of a range to all, atOnce of them at the most;
// where more is set, the rest begins at next. limit bounds how many all may have,
// 0 does not: beyond it the error is ErrTooMany.
func (r *Reader) Read(all []Statement, of Range, atOnce, limit int) (_ []Statement, next period.Minute, more bool, err error) {
	rows, err := r.rows(of)
	if err != nil {
		return nil, 0, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	read, m := 0, &r.Meters[of.Meter]
	var last period.Minute
	for ok := rows.First(); ok; ok = rows.Next() {
		value, err := rows.ValueAndErr()
		if err != nil {
			return nil, 0, false, err
		}
		v, err := decode(rows.Key(), value, m)
		if err != nil {
			return nil, 0, false, fmt.Errorf("statement of organization %d: %w", r.Number, err)
		}
		if read == 0 || v.Start != last {
			switch {
			case read == atOnce:
				return all, v.Start, true, nil
			case limit > 0 && len(all) == limit:
				return nil, 0, false, ErrTooMany
			}
			read, last = read+1, v.Start
			billed, err := r.billed(v.Meter, v.Kind, v.Start)
			if err != nil {
				return nil, 0, false, err
			}
			all = append(all, Statement{Billed: billed})
		}
		all[len(all)-1].add(m, r, &v)
	}
	return all, 0, false, rows.Error()
}

// Last returns the start of the last period of a range that has a statement.
func (r *Reader) Last(of Range) (start period.Minute, found bool, err error) {
	rows, err := r.rows(of)
	if err != nil {
		return 0, false, err
	}
	if found = rows.Last() && len(rows.Key()) == statementKeySize; found {
		start = period.Minute(binary.BigEndian.Uint32(rows.Key()[8:]))
	}
	return start, found, errors.Join(rows.Error(), rows.Close())
}

// StatementRow is a version of a statement as it is kept under its key.
func StatementRow(s *closing.Statement) []byte {
	var e wire.Encoder
	s.Encode(&e)
	return e.Bytes
}

// decode reads a row and checks that the meter has what it names.
func decode(key, value []byte, m *usage.Meter) (v closing.Statement, err error) {
	if len(key) != statementKeySize {
		return v, errors.New("damaged key")
	}
	v.Meter, v.Kind = binary.BigEndian.Uint16(key[5:]), usage.Kind(key[7])
	v.Start, v.Version = period.Minute(binary.BigEndian.Uint32(key[8:])), binary.BigEndian.Uint32(key[12:])
	if err := v.Decode(&wire.Decoder{Bytes: value}); err != nil {
		return v, err
	}
	if v.Definition >= len(m.Versions) {
		return v, fmt.Errorf("it names definition %d of %d", v.Definition, len(m.Versions))
	}
	for _, c := range v.Cells {
		bad := int(c.Breakdown) > len(m.Breakdowns) || m.Type == usage.Consumption && int(c.Column) >= 2+2*len(v.Averages)
		if c.IsRegistered() {
			bad = m.Type != usage.ActiveUsers || int(c.Column) >= usage.NumStatuses
		}
		if bad {
			return v, fmt.Errorf("it names breakdown %d, column %d", c.Breakdown, c.Column)
		}
	}
	return v, nil
}

// billed returns the version of a statement that was billed, 0 for none.
func (r *Reader) billed(number uint16, k usage.Kind, start period.Minute) (uint32, error) {
	value, err := r.Rows.Get(periodKey(KindBilled, r.Number, number, k, start))
	if err != nil || value == nil {
		return 0, err
	}
	d := &wire.Decoder{Bytes: value}
	return uint32(d.Uint()), d.Err()
}

// Mark is a row that says which version of a statement was billed.
type Mark struct{ Key, Value []byte }

// Bill returns which version of a period's statement is the billed one: that
// which is marked, else the one that is asked for, and then the mark to be
// written. A version that does not exist is an error.
func (r *Reader) Bill(number uint16, k usage.Kind, start period.Minute, version uint32) (billed uint32, mark *Mark, err error) {
	if billed, err = r.billed(number, k, start); err != nil || billed > 0 {
		return billed, nil, err
	}
	row, err := r.Rows.Get(StatementKey(r.Number, &closing.Statement{Meter: number, Kind: k, Start: start, Version: version}))
	if err == nil && row == nil {
		err = fmt.Errorf("there is no version %d", version)
	}
	if err != nil {
		return 0, nil, err
	}
	var e wire.Encoder
	e.Uint(uint64(version))
	return version, &Mark{Key: periodKey(KindBilled, r.Number, number, k, start), Value: e.Bytes}, nil
}
