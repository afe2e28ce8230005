// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Statement is one version of the record of a closed period (SEMANTICS 2):
// what a meter counted in one window. It is whole in itself, so that it can be
// read when the state that it was made from is long gone; classes, breakdowns
// and their values are named by number, since numbers are never given again.
type Statement struct {
	Meter      uint16
	Kind       usage.Kind // day or longer
	Start, End period.Minute
	Version    uint32        // from 1
	Made       period.Minute // when it was recorded; what was received until then is in it
	Definition int           // index of the version of the meter's definition in force just before the end
	Zone       string        // and anchor, by which the period was cut
	Anchor     int
	Terms      *Terms       // of the quota on this window at the period's end; nil: there was none
	Averages   []string     // names, in the order of their columns
	Reason     Reason       // zero of a first version that was made when the period closed
	Cells      []meter.Cell // what is not 0
}

// Terms are what the catalogue said of a quota when the period ended.
type Terms struct {
	Limit    wide.Int // millionths
	Price    string   // decimal, of one above the limit; "" where overage is not billed
	Currency string   // of the price
}

// Reason is how many events of each kind came between two versions.
type Reason [meter.NumChanges]uint32

const statementFormat = 1

// Encode appends everything but what the key says: meter, kind, start and
// version.
func (s *Statement) Encode(e *wire.Encoder) {
	e.Uint(statementFormat)
	e.Uint(uint64(s.End - s.Start))
	e.Int(int64(s.Made))
	e.Uint(uint64(s.Definition))
	e.String(s.Zone)
	e.Uint(uint64(s.Anchor))
	s.Terms.Encode(e)
	e.Strings(s.Averages)
	s.Reason.encode(e)
	encodeCells(e, s.Cells)
}

// Decode reads what Encode wrote.
func (s *Statement) Decode(d *wire.Decoder) error {
	if d.Uint() != statementFormat {
		d.Fail()
	}
	s.End = s.Start + period.Minute(d.Uint())
	s.Made, s.Definition = period.Minute(d.Int()), int(d.Uint())
	s.Zone, s.Anchor = d.String(), int(d.Uint())
	s.Terms = DecodeTerms(d)
	s.Averages = d.Strings()
	s.Reason.decode(d)
	s.Cells = decodeCells(d)
	return d.Err()
}

// Encode appends terms, or that there are none.
func (t *Terms) Encode(e *wire.Encoder) {
	e.Bool(t != nil)
	if t != nil {
		e.Wide(t.Limit)
		e.String(t.Price)
		e.String(t.Currency)
	}
}

// DecodeTerms reads what Encode wrote.
func DecodeTerms(d *wire.Decoder) *Terms {
	if !d.Bool() {
		return nil
	}
	return &Terms{Limit: d.Wide(), Price: d.String(), Currency: d.String()}
}

func (r *Reason) encode(e *wire.Encoder) {
	kinds := 0
	for _, n := range r {
		if n > 0 {
			kinds++
		}
	}
	e.Uint(uint64(kinds))
	for kind, n := range r {
		if n > 0 {
			e.Uint(uint64(kind))
			e.Uint(uint64(n))
		}
	}
}

func (r *Reason) decode(d *wire.Decoder) {
	for range d.Count(2) {
		kind, n := d.Uint(), uint32(d.Uint())
		if kind >= uint64(meter.NumChanges) {
			d.Fail()
			return
		}
		r[kind] = n
	}
}

// encodeCells writes a breakdown and value once for the columns that follow.
func encodeCells(e *wire.Encoder, cells []meter.Cell) {
	rows := 0
	for i := range cells {
		if i == 0 || !cells[i].SameRow(&cells[i-1]) {
			rows++
		}
	}
	e.Uint(uint64(rows))
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && cells[n].SameRow(&cells[0]) {
			n++
		}
		e.Uint(uint64(cells[0].Breakdown))
		e.Uint(uint64(cells[0].Value))
		e.Uint(uint64(n))
		for _, c := range cells[:n] {
			e.Uint(uint64(c.Column))
			e.Wide(c.N)
		}
		cells = cells[n:]
	}
}

func decodeCells(d *wire.Decoder) (cells []meter.Cell) {
	for range d.Count(3) {
		breakdown, value := uint16(d.Uint()), uint32(d.Uint())
		for range d.Count(2) {
			cells = append(cells, meter.Cell{Breakdown: breakdown, Value: value, Column: uint16(d.Uint()), N: d.Wide()})
		}
	}
	return cells
}
