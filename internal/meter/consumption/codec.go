// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"bytes"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// consumptionFormat is the version of what encode writes. Everything that a
// changed configuration may add or remove is written with its name, so that
// the state outlives it: what the meter no longer has is passed over, what is
// new begins empty.
//
//	format asOf ever                  until format 2 whole units, millionths, and a bound that is not used any more
//	averages:  count { name }         until format 2 each with such a bound
//	kinds:     count { kind }
//	total:     row
//	dims:      count { dimension, count { number row } }
//	nobody:    count { kind, share x published }
//	busiest:   count { kind, { start sum } x published }; format 1 ends before it
//
//	row:       for each kind: count { period cell }
//	           count { minutes since the one before, cell }
const consumptionFormat = 3

// Encode writes everything but the pages of x.users.
func (x *Meter) Encode(e *wire.Encoder) {
	e.Uint(consumptionFormat)
	e.Int(int64(x.asOf))
	have := x.read()
	e.Wide(have.ever)
	e.Uint(uint64(len(x.def.Averages)))
	for _, average := range x.def.Averages {
		e.String(average.Name)
	}
	calendar := x.calendarWindows()
	e.Uint(uint64(len(calendar)))
	for _, w := range calendar {
		e.Uint(uint64(w.Kind))
	}
	x.encodeRow(e, have.total(), calendar)
	e.Uint(uint64(len(x.vals)))
	for b := range x.vals {
		e.String(x.def.Breakdowns[b].Dimension)
		x.encodeRows(e, have, b, calendar)
	}
	e.Uint(uint64(len(x.users.kinds)))
	for k, kind := range x.users.kinds {
		e.Uint(uint64(kind))
		for _, t := range x.nobody[k*period.Published:][:period.Published] {
			e.Wide(wide.Int(t))
		}
	}
	x.busiest.encode(e)
}

func (x *Meter) calendarWindows() []*sumWindow {
	var found []*sumWindow
	for i := range x.layout.windows {
		if x.layout.windows[i].Kind < usage.Rolling {
			found = append(found, &x.layout.windows[i])
		}
	}
	return found
}

func (x *Meter) encodeRows(e *wire.Encoder, have *kept, breakdown int, calendar []*sumWindow) {
	met := 0
	for range x.met(have, breakdown) {
		met++
	}
	e.Uint(uint64(met))
	for value, r := range x.met(have, breakdown) {
		e.Uint(uint64(value))
		x.encodeRow(e, r, calendar)
	}
}

func (x *Meter) encodeRow(e *wire.Encoder, r *sumRow, calendar []*sumWindow) {
	for _, w := range calendar {
		filled := 0
		for back := range w.periods {
			if r.any(&x.layout, w, back) {
				filled++
			}
		}
		e.Uint(uint64(filled))
		for back := range w.periods {
			if r.any(&x.layout, w, back) {
				e.Uint(uint64(back))
				encodeCell(e, &r.cells, x.layout.place(w, back), x.layout.width)
			}
		}
	}
	r.log.encode(e, x.layout.width)
}

func encodeCell(e *wire.Encoder, cells *wide.Ints, place, width int) {
	for column := range width {
		e.Wide(cells.At(place + column))
	}
}

// rowReader turns rows of the encoded meter into those of this one.
type rowReader struct {
	layout  *sumLayout
	columns []int        // where each encoded column goes; -1: nowhere
	windows []*sumWindow // where each encoded kind goes; nil: nowhere
}

// Decode reads what encode wrote into an empty state. The values of all
// breakdowns must be known already, the pages of users come before the first
// figures.
func (x *Meter) Decode(d *wire.Decoder, _ int) {
	format := d.Uint()
	if format == 0 || format > consumptionFormat {
		d.Fail()
	}
	x.asOf = period.Minute(d.Int())
	if format < 3 {
		x.kept.ever = wide.Product(d.Int(), usage.Micro).Add(wide.Of(d.Int()))
		d.Int()
	} else {
		x.kept.ever = d.Wide()
	}
	reader := rowReader{layout: &x.layout, columns: []int{sumColumn, eventsColumn}}
	for range d.Count(1) {
		x.decodeAverage(d, &reader)
		if format < 3 {
			d.Int()
		}
	}
	kinds := d.Count(1)
	if kinds > usage.NumKinds {
		d.Fail()
		return
	}
	for range kinds {
		reader.windows = append(reader.windows, x.window(d.Uint()))
	}
	total := wire.Decoder{Bytes: d.Bytes}
	reader.row(d, x.kept.total())
	known := d.Count(2)
	for range known {
		x.decodeRows(d, &reader)
	}
	for b := known; b < len(x.vals); b++ { // what came before a new breakdown is under none of its values
		none := total
		reader.row(&none, x.row(b, meter.NoValue))
	}
	x.decodeNobody(d)
	if format > 1 {
		x.busiest.decode(d)
	}
	x.decoded()
}

func (x *Meter) decodeAverage(d *wire.Decoder, reader *rowReader) {
	name := d.String()
	for i, average := range x.def.Averages {
		if average.Name == name {
			reader.columns = append(reader.columns, firstAverage+2*i, firstAverage+2*i+1)
			return
		}
	}
	reader.columns = append(reader.columns, -1, -1)
}

func (x *Meter) window(kind uint64) *sumWindow {
	for _, w := range x.calendarWindows() {
		if uint64(w.Kind) == kind {
			return w
		}
	}
	return nil
}

func (x *Meter) decodeRows(d *wire.Decoder, reader *rowReader) {
	dimension, breakdown := d.String(), -1
	for b := range x.def.Breakdowns {
		if x.def.Breakdowns[b].Dimension == dimension {
			breakdown = b
		}
	}
	for range d.Count(2) {
		number := d.Uint()
		switch {
		case breakdown < 0:
			nowhere := newSumRow(&x.layout)
			reader.row(d, &nowhere)
		case number >= uint64(x.vals[breakdown].Len()):
			d.Fail()
			return
		default:
			reader.row(d, x.row(breakdown, uint32(number)))
		}
	}
}

func (x *Meter) decodeNobody(d *wire.Decoder) {
	for range d.Count(1 + period.Published) {
		k := x.users.indexOf(d.Uint())
		for back := range period.Published {
			if t := share(d.Wide()); k >= 0 {
				x.nobody[k*period.Published+back] = t
			}
		}
	}
}

// decoded finds what is not written.
func (x *Meter) decoded() {
	for i := range x.kept.rows {
		r := &x.kept.rows[i]
		if x.layout.longest == 0 {
			r.log = minuteLog{}
		}
		r.resum(&x.layout, x.asOf)
	}
	for i := range x.tops {
		x.tops[i].stale = true
	}
}

// row adds an encoded row to r.
func (f *rowReader) row(d *wire.Decoder, r *sumRow) {
	for _, w := range f.windows {
		for range d.Count(1 + len(f.columns)) {
			back := d.Uint()
			if w == nil || back >= uint64(w.periods) {
				f.cell(d, nil, 0)
				continue
			}
			f.cell(d, &r.cells, f.layout.place(w, int(back)))
		}
	}
	m := int64(0)
	for range d.Count(1 + len(f.columns)) {
		m += int64(d.Uint())
		if m < 0 || m != int64(period.Minute(m)) {
			d.Fail()
			return
		}
		cells, place := r.log.at(period.Minute(m), f.layout.width)
		f.cell(d, cells, place)
	}
}

// cell adds an encoded cell to one of this meter's, or passes it over.
func (f *rowReader) cell(d *wire.Decoder, to *wide.Ints, place int) {
	for _, column := range f.columns {
		if v := d.Wide(); to != nil && column >= 0 {
			to.Set(place+column, to.At(place+column).Add(v))
		}
	}
}

// encode writes the minutes.
func (l *minuteLog) encode(e *wire.Encoder, width int) {
	filled := 0
	for i := range l.chunks {
		filled += l.chunks[i].cells.Len() / width
	}
	e.Uint(uint64(filled))
	before := period.Minute(0)
	for i := range l.chunks {
		ch := &l.chunks[i]
		at := 0
		for within := range period.Minute(period.MinutesPerHour) {
			if ch.mask&(1<<within) == 0 {
				continue
			}
			m := ch.hour*period.MinutesPerHour + within
			e.Uint(uint64(m - before))
			encodeCell(e, &ch.cells, at, width)
			before, at = m, at+width
		}
	}
}

// HasTraces reports whether any day has a sum.
func (x *Meter) HasTraces() bool { return x.read().daily.Sums.Len() > 0 }

// EncodeDays appends the sums by day.
func (x *Meter) EncodeDays(e *wire.Encoder) {
	x.read().daily.Encode(e)
	e.Int(int64(x.dailyFrom))
}

// noDays is what EncodeDays writes of a meter that has counted nothing.
var noDays = func() []byte {
	var e wire.Encoder
	new(Meter).EncodeDays(&e)
	return e.Bytes
}()

// EncodeNoDays appends what EncodeDays does of a meter that has counted nothing.
func EncodeNoDays(e *wire.Encoder) { e.Bytes = append(e.Bytes, noDays...) }

// SkipNoDays passes over that, and reports whether it is next.
func SkipNoDays(d *wire.Decoder) (next bool) {
	d.Bytes, next = bytes.CutPrefix(d.Bytes, noDays)
	return next
}

// DecodeDays reads what EncodeDays wrote, of at most as many days as are kept.
func (x *Meter) DecodeDays(d *wire.Decoder, days int) {
	x.kept.daily.Decode(d)
	x.dailyFrom = period.Minute(d.Int())
	if x.kept.daily.Sums.Len() > days {
		d.Fail()
	}
}

// BeginDays says that the sums by day have nothing from before a minute.
func (x *Meter) BeginDays(from period.Minute) { x.dailyFrom = from }

// Restored has nothing left to build.
func (x *Meter) Restored(*period.Clock) {}
