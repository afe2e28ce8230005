// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// ask reads one thing, so that each of them is at some time the first one to be
// read after an event, and holds it against all events.
func (w *consumptionWalk) ask(t *testing.T) {
	t.Helper()
	b, i := w.bench, w.r.IntN(len(w.bench.def.Windows))
	window, back, calendar := b.def.Windows[i], 0, b.def.Windows[i].Kind < usage.Rolling
	if calendar && w.r.IntN(2) == 0 {
		back = w.r.IntN(period.Published)
	}
	span := w.span(window, back)
	switch question := w.r.IntN(10); {
	case question == 0:
		require.Equal(t, w.sums(span, 0)[meter.Cell{}], b.x.Use(b.c, i, back))
	case question == 1:
		require.Equal(t, w.sums(w.span(b.def.Windows[0], 0), 0)[meter.Cell{}], b.x.Headline(b.c))
	case question == 2:
		sums := w.sums(span, 0)
		sum, events := b.x.SumIn(b.c, span)
		require.Equal(t, []wide.Int{sums[meter.Cell{}], sums[meter.Cell{Column: eventsColumn}]}, []wide.Int{sum, events})
	case question == 3 && calendar:
		cells := map[meter.Cell]wide.Int{}
		for _, c := range b.x.Cells(nil, b.c, window.Kind, back) {
			n := c.N
			c.N = wide.Int{}
			cells[c] = n
		}
		want := w.sums(span, len(b.def.Breakdowns))
		for c, n := range want {
			if n == (wide.Int{}) {
				delete(want, c)
			}
		}
		require.Equal(t, want, cells)
	case question == 4 && calendar && b.def.ByUser != nil:
		w.askPart(t, span)
	case question == 5 && (window.Kind == usage.Week || window.Kind == usage.Month || window.Kind == usage.Cycle):
		until, ok := b.x.Until(b.c, i, nil, w.span(window, 0).Start, b.c.AsOf)
		require.True(t, ok)
		require.InDelta(t, w.until(w.span(window, 0).Start), until, 0)
	case question == 6:
		require.Equal(t, len(w.events) > 0, b.x.HasTraces())
	case question == 7:
		b.restart(b.def)
	case question == 8:
		w.merge()
	case question == 9:
		require.Equal(t, w.figures(), b.figures())
	}
}

// span returns a window's period by the calendar.
func (m *consumptionModel) span(w usage.Window, back int) meter.Span {
	asOf := m.bench.c.AsOf
	if w.Kind == usage.Rolling {
		return meter.Span{Window: w, Start: asOf - period.LengthOf(w), End: asOf}
	}
	p := m.bench.c.Calendar.Period(w.Kind, asOf.Time())
	for range back {
		p = m.bench.c.Calendar.Period(w.Kind, p.Start.Add(-1))
	}
	return meter.Span{Window: w, Start: period.MinuteOf(p.Start), End: period.MinuteOf(p.End)}
}

func (e *consumedEvent) in(s meter.Span) bool {
	if s.Window.Kind == usage.Rolling {
		return s.Start.Ns() < e.ns && e.ns <= s.End.Ns()
	}
	return s.Start.Ns() <= e.ns && e.ns < s.End.Ns()
}

// sums returns what a span has in the cells of the total and of the first
// breakdowns.
func (m *consumptionModel) sums(s meter.Span, breakdowns int) map[meter.Cell]wide.Int {
	found := map[meter.Cell]wide.Int{}
	for i := range m.events {
		e := &m.events[i]
		if !e.in(s) {
			continue
		}
		columns := []int64{e.value, 1}
		for _, a := range e.avg {
			if a.Set {
				columns = append(columns, a.Value, 1)
			} else {
				columns = append(columns, 0, 0)
			}
		}
		for column, n := range columns {
			rows := []meter.Cell{{Column: uint16(column)}}
			for b := range breakdowns {
				rows = append(rows, meter.Cell{Breakdown: uint16(b) + 1, Value: e.numbers[b], Column: uint16(column)})
			}
			for _, row := range rows {
				found[row] = found[row].Add(wide.Of(n))
			}
		}
	}
	return found
}

// askPart asks what a user has.
func (w *consumptionWalk) askPart(t *testing.T, s meter.Span) {
	t.Helper()
	want, user := meter.Part{Class: -1}, w.person(uint32(w.r.IntN(10)*37))
	for i := range w.events {
		if e := &w.events[i]; e.owners[s.Window.Kind] == user && e.in(s) {
			want.Sum, want.Summed = want.Sum.Add(wide.Of(e.value)), true
		}
	}
	got, has := w.bench.x.Part(w.bench.c, user, s)
	require.Equal(t, want, got)
	require.Equal(t, want.Summed, has)
}

// until returns the sum from a day's start to the clock's minute: whole days, and
// of the running one the part that has passed.
func (m *consumptionModel) until(start period.Minute) float64 {
	days, c := &m.bench.c.Days, m.bench.c
	today := days.Starts[days.Today()]
	var before, running big.Int
	for _, e := range m.events {
		switch {
		case e.ns >= today.Ns():
			running.Add(&running, big.NewInt(e.value))
		case e.ns >= start.Ns():
			before.Add(&before, big.NewInt(e.value))
		}
	}
	whole, _ := new(big.Float).SetInt(&before).Float64()
	part, _ := new(big.Float).SetInt(&running).Float64()
	return (whole + days.Share(days.Today(), c.AsOf)*part) / usage.Micro
}

// What is asked just before and just after the ends of minutes, days and months
// is what was there, with a late event on either side of each end.
func TestTheRunningMinuteCountsWhereItEnds(t *testing.T) {
	for _, end := range []string{"2026-03-05 12:31", "2026-03-05 13:00", "2026-03-06 00:00", "2026-04-01 00:00"} {
		for _, late := range []int64{0, 1, period.NsPerMinute, 61 * period.NsPerMinute, 40 * 60 * period.NsPerMinute} {
			for _, asked := range []bool{false, true} {
				t.Run(fmt.Sprint(end, " late by ", late, " asked ", asked), func(t *testing.T) {
					def := metertest.ConsumptionMeter(t, "hour day month 1h 2d")
					def.Breakdowns = []usage.Breakdown{{Dimension: "language"}}
					at := metertest.MinuteAt(t, end)
					b := newConsumptionBench(t, def, "UTC", "2026-03-01 00:00")
					w := &consumptionModel{bench: b, persons: map[uint32]uint32{}}
					apply := func(ns, value int64) {
						n, _ := b.vals[0].Number("de", 3, 0)
						b.apply(ns, meter.NoUser, &meter.Effect{Value: value, Dims: []uint32{n}})
						e := consumedEvent{ns: ns, value: value, user: meter.NoUser, dims: []string{"de"}, numbers: []uint32{n}}
						for k := range e.owners {
							e.owners[k] = meter.NoUser
						}
						w.events = append(w.events, e)
					}
					b.turn(at - 1)
					for range 3 {
						apply((b.c.AsOf+1).Ns()-1, 1_000_000)
						apply(b.c.AsOf.Ns()-late, 20_000_000)
						if asked {
							require.Equal(t, w.figures(), b.figures())
						}
						apply(b.c.AsOf.Ns()+1, 300_000_000)
						b.turn(b.c.AsOf + 1)
						require.Equal(t, w.figures(), b.figures())
					}
					b.turn(b.c.AsOf + 60)
					require.Equal(t, w.figures(), b.figures())
				})
			}
		}
	}
}

func TestARunningMinuteMayExceedAWord(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "day 1h")
	def.Corrections = true
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	var want wide.Int
	for _, n := range []int64{math.MaxInt64, math.MaxInt64, 1, math.MinInt64, math.MinInt64, math.MinInt64, math.MinInt64, -1} {
		b.apply(b.c.AsOf.Ns()+1, meter.NoUser, &meter.Effect{Value: n})
		want = want.Add(wide.Of(n))
	}
	b.turn(b.c.AsOf + 1)
	require.Equal(t, want, b.x.Use(b.c, 0, 0))
	require.Equal(t, want, b.x.Use(b.c, 1, 0))
}

// The bytes do not tell when the rows were read.
func TestWhoReadsInBetweenDoesNotChangeTheBytes(t *testing.T) {
	for _, encode := range []func(*Meter, *wire.Encoder){(*Meter).Encode, (*Meter).EncodeDays} {
		encoded := func(read bool) []byte {
			b, effect := benchedConsumption(t)
			for i := range int64(4) {
				b.apply(b.c.AsOf.Ns()+i, 70, effect)
				if read {
					b.figures()
				}
			}
			var e wire.Encoder
			encode(b.x, &e)
			return e.Bytes
		}
		require.Equal(t, encoded(true), encoded(false))
	}
}
