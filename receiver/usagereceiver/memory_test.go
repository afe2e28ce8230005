// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// rows are a ledger's, which it may refuse to keep.
type rows struct {
	kept map[string][]byte
	full error
}

func (r *rows) Recall(context.Context, string) (map[string][]byte, error) {
	return maps.Clone(r.kept), r.full
}

func (r *rows) Remember(_ context.Context, _ string, some map[string][]byte) error {
	if r.full != nil {
		return r.full
	}
	for key, row := range some {
		if r.kept[key] = row; row == nil {
			delete(r.kept, key)
		}
	}
	return nil
}

// remembering is a display with a memory.
type remembering struct {
	t *testing.T
	*display
	memory memory
}

// start is a process that finds what the one before has left.
func start(t *testing.T, kept *rows) *remembering {
	t.Helper()
	r := &remembering{t, &display{register: newRegister()}, memory{ledger: kept, name: "usage", unsure: map[string]struct{}{}}}
	var err error
	r.shown, err = r.memory.recall(t.Context(), r.register)
	require.NoError(t, err)
	return r
}

func (r *remembering) show(c usage.Collection) pmetric.Metrics {
	r.t.Helper()
	before := r.shown
	now, changes := r.register.follow(before, c)
	_ = r.memory.remember(r.t.Context(), r.register, now, changes) // tests look at what is kept
	r.memory.taken()
	r.shown = now
	r.memory.shrink(r.register, r.shown)
	return convert(context.Background(), c, before, changes, time.Minute)
}

// after is a minute of the test's.
func after(minutes int) time.Time { return minute.Add(time.Duration(minutes) * time.Minute) }

// ends counts the series that metrics end.
func ends(md pmetric.Metrics) (n int) {
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		points := m.Gauge().DataPoints
		if m.Type() == pmetric.MetricTypeSum {
			points = m.Sum().DataPoints
		}
		for _, p := range points().All() {
			if p.Flags().NoRecordedValue() {
				n++
			}
		}
	}
	return n
}

func TestSeriesOfALedgerThatWasOpenedAnewGoOn(t *testing.T) {
	d := newDisplay()
	d.show(acme(minute, series("a"), series(`b_total{x="1"}`)))
	md := d.show(acme(after(1), series("a"), series(`b_total{x="1"}`)))
	require.Equal(t, 2, md.DataPointCount())
	require.Zero(t, ends(md))
}

func TestWhatWasShownIsKnownAfterAStart(t *testing.T) {
	kept := &rows{kept: map[string][]byte{}}
	start(t, kept).show(acme(minute, series("a"), series(`b{x="1"}`), series("c_total")))

	r := start(t, kept)
	md := r.show(acme(after(1), series("c_total"), series("a"), series(`b{x="2"}`)))
	require.Equal(t, 4, md.DataPointCount())
	require.Equal(t, 1, ends(md))
	md = start(t, kept).show(acme(after(2), series("a"), series(`b{x="2"}`), series("c_total")))
	require.Equal(t, 3, md.DataPointCount())
}

func TestAnOrganizationThatTheFirstCollectionLacksHasNotEnded(t *testing.T) {
	kept := &rows{kept: map[string][]byte{}}
	start(t, kept).show(acme(minute, series("a")))
	r := start(t, kept)
	require.Zero(t, ends(r.show(usage.Collection{At: after(1)})), "it may have passed that minute")
	require.Equal(t, 1, ends(r.show(usage.Collection{At: after(2)})))
	require.Zero(t, ends(r.show(usage.Collection{At: after(3)})))
}

func TestWhereNothingIsKnownOnlyCountersOfANewLedgerBegin(t *testing.T) {
	old, young := series("a_total"), series("b_total")
	old.Start, young.Start = minute.Add(-time.Hour), minute.Add(-time.Second)
	md := start(t, &rows{kept: map[string][]byte{}}).show(acme(minute, old, young))
	require.Equal(t, 3, md.DataPointCount())
	points := metricsOf(t, md).At(1).Sum().DataPoints()
	require.Equal(t, minute.Add(-time.Minute), points.At(0).Timestamp().AsTime())
	require.Equal(t, points.At(0).Timestamp(), points.At(0).StartTimestamp(), "it has not begun after it")
	require.Zero(t, points.At(0).DoubleValue())
}

func TestACounterOfNothingNeedsNoZero(t *testing.T) {
	c := acme(minute, series("a_total"))
	c.Organizations[0].Figures[0].Value = 0
	require.Equal(t, 1, newDisplay().show(c).DataPointCount())
}

func TestRowsOfWhatIsNoMoreAreDropped(t *testing.T) {
	kept := &rows{kept: map[string][]byte{}}
	r := start(t, kept)
	r.show(acme(minute, series("a"), series("b")))
	require.Len(t, kept.kept, 4, "at, acme and two series")
	r.show(usage.Collection{At: after(1)})
	require.Len(t, kept.kept, 3, "not acme")
	start(t, kept).show(acme(after(2), series("c")))
	require.Len(t, kept.kept, 3, "at, acme and one series")
	require.Equal(t, []string{"c"}, names(start(t, kept)))
}

// A user who is listed for a day has a series that ends with it. What is kept is that of
// some days, whatever has been shown before; numbers are used again.
func TestSeriesThatAreShownNoMoreAreForgotten(t *testing.T) {
	kept := &rows{kept: map[string][]byte{}}
	r := start(t, kept)
	const days, aDay = 30, 500
	for day := range days {
		figures := []*usage.Series{series("always"), series("c_total")}
		for n := range aDay {
			figures = append(figures, series(fmt.Sprintf(`user{name="%d"}`, day*aDay+n)))
		}
		kept.full = nil
		if day%3 == 0 {
			kept.full = errors.New("full")
		}
		md := r.show(acme(after(day), figures...))
		if day > 0 {
			require.Equal(t, aDay, ends(md))
		}
	}
	most := 2*aDay + 1024 + aDay
	require.Less(t, len(r.register.series), most)
	require.Less(t, len(r.register.byPlace), most)
	require.Less(t, len(kept.kept), most)
	again := start(t, kept)
	require.Len(t, names(again), aDay+2)
	require.Equal(t, encodeAll(r), encodeAll(again))
}

// encodeAll are the series that are shown, as they are called.
func encodeAll(r *remembering) (all []string) {
	for _, o := range r.shown.organizations {
		for _, n := range o.numbers {
			all = append(all, string(encodeSeries(r.register.series[n])))
		}
	}
	return all
}

// names are the series that a process finds.
func names(r *remembering) (all []string) {
	for _, o := range r.shown.organizations {
		for _, n := range o.numbers {
			all = append(all, r.register.series[n].Name)
		}
	}
	return all
}

func TestWhatCouldNotBeWrittenDownIsWrittenWithTheNext(t *testing.T) {
	kept := &rows{kept: map[string][]byte{}}
	r := start(t, kept)
	kept.full = errors.New("full")
	r.show(acme(minute, series("a")))
	kept.full = nil
	r.show(acme(after(1), series("a")))
	require.Equal(t, []string{"a"}, names(start(t, kept)))
}

func TestDamagedRowsAreForgotten(t *testing.T) {
	whole := &rows{kept: map[string][]byte{}}
	start(t, whole).show(acme(minute, series(`a{x="1"}`)))
	for key := range whole.kept {
		for length := range whole.kept[key] {
			damaged := &rows{kept: maps.Clone(whole.kept)}
			damaged.kept[key] = damaged.kept[key][:length]
			m := memory{ledger: damaged, unsure: map[string]struct{}{}}
			register := newRegister()
			was, err := m.recall(t.Context(), register)
			if key[:1] == rowSeries && err == nil { // the name alone
				continue
			}
			require.ErrorIs(t, err, errRow, "%q, %d bytes", key, length)
			require.Zero(t, was)
			now, changes := register.follow(was, acme(after(1), series("b")))
			require.NoError(t, m.remember(t.Context(), register, now, changes))
			require.Equal(t, []string{"b"}, names(start(t, damaged)))
		}
	}
}
