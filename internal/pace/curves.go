// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Curves are how the use of one meter and window rose in the running period
// and in those before: what cannot be worked out later, because neither users
// nor peaks add up. A curve has the value at each local midnight of its period,
// of a day at each hour.
//
//	points  value at the start | 2nd midnight | 3rd ... | at the end
type Curves struct {
	from   period.Minute // since when the running period is recorded
	points wide.Ints     // users, or millionths of a sum
	Past   []curve       // newest first
}

// curve is that of a period that has ended. Values are packed as the first one
// and what each adds to the one before; nil: all are 0.
type curve struct {
	Start, end period.Minute
	Last       wide.Int // value at the end
	packed     []byte
}

// curvesKept is how many periods reach back to the one of a year ago; of days
// the last week and one more.
var curvesKept = [usage.NumKinds]int{
	usage.Day: 8, usage.Week: 53, usage.Month: 13, usage.Quarter: 5, usage.Half: 3, usage.Year: 2, usage.Cycle: 13,
}

// fill notes the value at the marks up to the n-th that have passed.
func (c *Curves) fill(n int, value wide.Int) {
	for c.points.Len() <= n {
		c.points.Append(value)
	}
}

// finish ends the running period with its last value and begins the next. A
// period that was not recorded from its start on is dropped.
func (c *Curves) finish(kind usage.Kind, start, end period.Minute, value wide.Int) {
	if c.from <= start {
		c.points.Append(value)
		c.Past = slices.Insert(c.Past, 0, curve{start, end, value, pack(&c.points)})
		c.Past = c.Past[:min(len(c.Past), curvesKept[kind])]
	}
	c.points.Empty()
	c.from = end
}

// pack writes values; they rarely fall.
func pack(values *wide.Ints) []byte {
	var e wire.Encoder
	var before wide.Int
	used := false
	for i := range values.Len() {
		v := values.At(i)
		e.Wide(v.Sub(before))
		before, used = v, used || v != wide.Int{}
	}
	if !used {
		return nil
	}
	return slices.Clip(e.Bytes)
}

// at returns the value that lies a part of the way from the n-th mark to the
// next.
func (c *curve) at(n int, part float64) float64 {
	var value, next wide.Int
	rest := c.packed
	for i := 0; i <= n+1 && len(rest) > 0; i++ {
		delta, size := wide.Varint(rest)
		rest = rest[size:]
		value, next = next, next.Add(delta)
	}
	return value.Over(1) + part*next.Sub(value).Over(1)
}

// marksOf returns how many marks of a curve that began at from have passed at a
// minute, and which part of the way to the next. start is that of the day in
// which from lies, for curves by hour.
func marksOf(d *period.Days, kind usage.Kind, from, m period.Minute) (n int, part float64) {
	if kind == usage.Day {
		start := d.Starts[max(d.Index(from), 0)]
		n = int((m-start)/period.MinutesPerHour - (from-start)/period.MinutesPerHour)
		return n, float64((m-start)%period.MinutesPerHour) / period.MinutesPerHour
	}
	i := d.Index(m)
	return i - d.Index(from), d.Share(i, m)
}

// Until returns the value of an ended period at a minute in it.
func (c *curve) Until(d *period.Days, kind usage.Kind, m period.Minute) float64 {
	n, part := marksOf(d, kind, c.Start, m)
	return c.at(n, part)
}

// of returns the curve of the period that begins at a minute, nil where it is
// not known.
func (c *Curves) of(start period.Minute) *curve {
	for i := range c.Past {
		if c.Past[i].Start == start {
			return &c.Past[i]
		}
	}
	return nil
}

// ValueIn returns the value of an ended period at a minute in it; ok is false where
// its curve is not known.
func (c *Curves) ValueIn(d *period.Days, kind usage.Kind, start, at period.Minute) (value float64, ok bool) {
	of := c.of(start)
	if of == nil {
		return 0, false
	}
	return of.Until(d, kind, at), true
}

func (c *Curves) encode(e *wire.Encoder) {
	e.Int(int64(c.from))
	e.Uint(uint64(c.points.Len()))
	for i := range c.points.Len() {
		e.Wide(c.points.At(i))
	}
	e.Uint(uint64(len(c.Past)))
	for i := range c.Past {
		e.Int(int64(c.Past[i].Start))
		e.Uint(uint64(c.Past[i].end - c.Past[i].Start))
		e.String(string(c.Past[i].packed))
	}
}

func (c *Curves) decode(d *wire.Decoder) {
	c.from = period.Minute(d.Int())
	for range d.Count(1) {
		c.points.Append(d.Wide())
	}
	before := c.from
	for range d.Count(3) {
		past := curve{Start: period.Minute(d.Int())}
		past.end = past.Start + period.Minute(d.Uint())
		if packed := d.String(); packed != "" {
			past.packed = []byte(packed)
		}
		known := false
		if past.Last, known = sumOf(past.packed); !known || past.end <= past.Start || past.end > before {
			d.Fail()
			return
		}
		before = past.Start
		c.Past = append(c.Past, past)
	}
}

// sumOf adds up packed numbers; ok is false where they are none.
func sumOf(packed []byte) (sum wide.Int, ok bool) {
	for len(packed) > 0 {
		delta, n := wide.Varint(packed)
		if n == 0 {
			return wide.Int{}, false
		}
		sum, packed = sum.Add(delta), packed[n:]
	}
	return sum, true
}

// EncodeCurves appends the curves of a meter with the names of their windows.
func (p *Paces) EncodeCurves(e *wire.Encoder, meter int) {
	windows := p.meters(meter).Definition().Windows
	e.Uint(uint64(len(windows)))
	for w, window := range windows {
		e.String(window.String())
		p.Curves[meter][w].encode(e)
	}
}

// DecodeCurves reads the curves of a meter, whose running periods begin within
// the days that are kept.
func (p *Paces) DecodeCurves(d *wire.Decoder, meter int) {
	for range d.Count(4) {
		name := d.String()
		var c Curves
		c.decode(d)
		for w, window := range p.meters(meter).Definition().Windows {
			if window.String() != name {
				continue
			}
			if curved(p.meters(meter).Definition(), window) && c.from < p.clock.Days.Starts[0] {
				d.Fail()
				return
			}
			p.Curves[meter][w] = c
		}
	}
}
