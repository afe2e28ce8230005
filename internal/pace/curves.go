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
//	at 0, points   value at the start | 2nd midnight | 3rd ... | at the end
type Curves struct {
	from   period.Minute // since when the running period is recorded
	at0    int32         // how many values come first that are 0
	points wide.Ints     // the others: users, or millionths of a sum
	Past   []curve       // newest first
}

// curve is that of a period that has ended.
type curve struct {
	Start, end period.Minute
	*risen     // nil: all values are 0
}

// risen are the values of a curve, packed as the first one and what each adds to
// the one before.
type risen struct {
	last   wide.Int // value at the end
	packed []byte
}

// Last returns the value at the end.
func (c *curve) Last() wide.Int {
	if c.risen == nil {
		return wide.Int{}
	}
	return c.last
}

// len returns how many values the running period has.
func (c *Curves) len() int { return int(c.at0) + c.points.Len() }

// point returns the n-th of them.
func (c *Curves) point(n int) wide.Int {
	if n < int(c.at0) {
		return wide.Int{}
	}
	return c.points.At(n - int(c.at0))
}

// add appends a value.
func (c *Curves) add(value wide.Int) {
	if value == (wide.Int{}) && c.points.Len() == 0 {
		c.at0++
	} else {
		c.points.Append(value)
	}
}

// same reports whether curves that are flat are of the same time.
func (c *Curves) same(other *Curves) bool {
	return c.from == other.from && c.at0 == other.at0 && slices.Equal(c.Past, other.Past)
}

// clone returns those of a window that is flat no more.
func (c *Curves) clone() *Curves {
	n := *c
	n.Past = slices.Clone(c.Past)
	return &n
}

// flat reports whether all values are 0, of the periods before, too.
func (c *Curves) flat() bool {
	return c.points.Len() == 0 && !slices.ContainsFunc(c.Past, func(of curve) bool { return of.risen != nil })
}

// curvesKept is how many periods reach back to the one of a year ago; of days
// the last week and one more.
var curvesKept = [usage.NumKinds]int{
	usage.Day: 8, usage.Week: 53, usage.Month: 13, usage.Quarter: 5, usage.Half: 3, usage.Year: 2, usage.Cycle: 13,
}

// fill notes the value at the marks up to the n-th that have passed.
func (c *Curves) fill(n int, value wide.Int) {
	for c.len() <= n {
		c.add(value)
	}
}

// finish ends the running period with its last value and begins the next. A
// period that was not recorded from its start on is dropped.
func (c *Curves) finish(kind usage.Kind, start, end period.Minute, value wide.Int) {
	if c.from <= start {
		c.add(value)
		c.Past = slices.Insert(c.Past, 0, curve{start, end, c.rose(value)})
		c.Past = c.Past[:min(len(c.Past), curvesKept[kind])]
	}
	c.points.Empty()
	c.at0, c.from = 0, end
}

// rose packs the values of the running period, the last one among them; values
// rarely fall.
func (c *Curves) rose(last wide.Int) *risen {
	if c.points.Len() == 0 {
		return nil
	}
	var e wire.Encoder
	var before wide.Int
	for i := range c.len() {
		v := c.point(i)
		e.Wide(v.Sub(before))
		before = v
	}
	return &risen{last, slices.Clip(e.Bytes)}
}

// at returns the value that lies a part of the way from the n-th mark to the
// next.
func (c *curve) at(n int, part float64) float64 {
	if c.risen == nil {
		return 0
	}
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
	e.Uint(uint64(c.len()))
	for i := range c.len() {
		e.Wide(c.point(i))
	}
	e.Uint(uint64(len(c.Past)))
	for i := range c.Past {
		e.Int(int64(c.Past[i].Start))
		e.Uint(uint64(c.Past[i].end - c.Past[i].Start))
		if of := c.Past[i].risen; of != nil {
			e.String(string(of.packed))
		} else {
			e.String("")
		}
	}
}

func (c *Curves) decode(d *wire.Decoder) {
	c.from = period.Minute(d.Int())
	for range d.Count(1) {
		c.add(d.Wide())
	}
	before := c.from
	for range d.Count(3) {
		past := curve{Start: period.Minute(d.Int())}
		past.end = past.Start + period.Minute(d.Uint())
		known := true
		if packed := d.String(); packed != "" {
			past.risen = &risen{packed: []byte(packed)}
			past.last, known = sumOf(past.packed)
		}
		if !known || past.end <= past.Start || past.end > before {
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
		c := p.Of(meter, w)
		if c == nil {
			c = p.begun() // it has a place, and nothing in it
		}
		c.encode(e)
	}
}

// DecodeCurves reads the curves of a meter, whose running periods begin within
// the days that are kept.
func (p *Paces) DecodeCurves(d *wire.Decoder, meter int) {
	for range d.Count(4) {
		name := d.String()
		var c Curves
		c.decode(d)
		def := p.meters(meter).Definition()
		w := slices.IndexFunc(def.Windows, func(w usage.Window) bool { return w.String() == name })
		switch {
		case w < 0 || !curved(def, def.Windows[w]):
		case c.from < p.clock.Days.Starts[0]:
			d.Fail()
			return
		default:
			p.set(meter, w, &c)
		}
	}
}
