// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var minute = time.Date(2026, 11, 21, 12, 5, 0, 0, time.UTC)

// series reads a series as PromQL writes it: name{label="value",...}.
func series(s string) *usage.Series {
	name, labels, _ := strings.Cut(strings.TrimSuffix(s, "}"), "{")
	out := &usage.Series{Name: name, Counter: strings.HasSuffix(name, "_total")}
	if out.Counter {
		out.Start = minute.Add(-time.Hour)
	}
	for l := range strings.SplitSeq(labels, ",") {
		if key, value, ok := strings.Cut(l, "="); ok {
			out.Labels = append(out.Labels, usage.Label{Name: key, Value: strings.Trim(value, `"`)})
		}
	}
	return out
}

// acme is a collection of one organization.
func acme(at time.Time, all ...*usage.Series) usage.Collection {
	o := usage.OrganizationFigures{Organization: "acme"}
	for i, s := range all {
		o.Figures = append(o.Figures, usage.Figure{Series: s, Value: float64(i + 1)})
	}
	return usage.Collection{At: at, Organizations: []usage.OrganizationFigures{o}}
}

// display converts one collection after the other, a minute apart, as a receiver
// does.
type display struct {
	register *register
	shown    shown
}

// newDisplay has shown nothing, and knows so.
func newDisplay() *display {
	return &display{newRegister(), shown{at: minute.Add(-time.Minute)}}
}

func (d *display) show(c usage.Collection) pmetric.Metrics {
	now, changes := d.register.follow(d.shown, c)
	md := convert(context.Background(), c, d.shown, changes, time.Minute)
	d.shown = now
	return md
}

func metricsOf(t *testing.T, md pmetric.Metrics) pmetric.MetricSlice {
	t.Helper()
	require.Equal(t, 1, md.ResourceMetrics().Len())
	require.Equal(t, 1, md.ResourceMetrics().At(0).ScopeMetrics().Len())
	return md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
}

func TestAFigureIsAGaugeOfItsMinute(t *testing.T) {
	md := newDisplay().show(acme(minute, series(`usage_active_users{meter="m",window="month",period="current"}`)))
	m := metricsOf(t, md).At(0)
	require.Equal(t, "usage.active_users", m.Name())
	require.Empty(t, m.Unit())
	require.Equal(t, pmetric.MetricTypeGauge, m.Type())
	p := m.Gauge().DataPoints().At(0)
	require.Equal(t, pcommon.NewTimestampFromTime(minute), p.Timestamp())
	require.Zero(t, p.StartTimestamp())
	require.InDelta(t, 1, p.DoubleValue(), 0)
	require.Equal(t, map[string]any{"organization": "acme", "meter": "m", "window": "month", "period": "current"}, p.Attributes().AsRaw())
}

func TestACounterIsACumulativeSumSinceItsStart(t *testing.T) {
	md := newDisplay().show(acme(minute, series(`usage_items_total{signal="logs",outcome="counted"}`)))
	m := metricsOf(t, md).At(0)
	require.Equal(t, "usage.items_total", m.Name())
	require.Equal(t, pmetric.MetricTypeSum, m.Type())
	require.True(t, m.Sum().IsMonotonic())
	require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
	require.Equal(t, pcommon.NewTimestampFromTime(minute.Add(-time.Hour)), m.Sum().DataPoints().At(0).StartTimestamp())
}

func TestNothingNamesTheProcessThatCollected(t *testing.T) {
	md := newDisplay().show(acme(minute, series("usage_quota_ratio")))
	require.Zero(t, md.ResourceMetrics().At(0).Resource().Attributes().Len())
	require.Empty(t, md.ResourceMetrics().At(0).ScopeMetrics().At(0).Scope().Name())
}

func TestPointsStandUnderOneMetricOfTheirName(t *testing.T) {
	c := acme(minute, series(`usage_active_users{meter="a"}`), series(`usage_incomplete{meter="a"}`), series(`usage_active_users{meter="b"}`))
	c.Organizations = append(c.Organizations, usage.OrganizationFigures{Organization: "globex", Figures: c.Organizations[0].Figures})
	md := newDisplay().show(c)
	metrics := metricsOf(t, md)
	require.Equal(t, 2, metrics.Len())
	require.Equal(t, "usage.active_users", metrics.At(0).Name())
	require.Equal(t, 4, metrics.At(0).Gauge().DataPoints().Len())
	require.Equal(t, 2, metrics.At(1).Gauge().DataPoints().Len())
}

func TestASeriesThatEndsGetsOnePointWithoutAValue(t *testing.T) {
	share, read := series(`usage_active_users_breakdown{dimension_value="share"}`), series(`usage_active_users_breakdown{dimension_value="read"}`)
	calls := series(`usage_items_total{signal="logs"}`)
	d := newDisplay()
	d.show(acme(minute, share, read, calls))

	md := d.show(acme(minute.Add(time.Minute), share))
	points := metricsOf(t, md).At(0).Gauge().DataPoints()
	require.Equal(t, 2, points.Len())
	require.False(t, points.At(0).Flags().NoRecordedValue())
	require.True(t, points.At(1).Flags().NoRecordedValue())
	require.Equal(t, map[string]any{"organization": "acme", "dimension_value": "read"}, points.At(1).Attributes().AsRaw())
	require.Equal(t, pcommon.NewTimestampFromTime(minute.Add(time.Minute)), points.At(1).Timestamp())
	require.Equal(t, pmetric.NumberDataPointValueTypeEmpty, points.At(1).ValueType())
	ended := metricsOf(t, md).At(1)
	require.Equal(t, "usage.items_total", ended.Name())
	require.True(t, ended.Sum().DataPoints().At(0).Flags().NoRecordedValue())

	md = d.show(acme(minute.Add(2*time.Minute), share))
	require.Equal(t, 1, md.DataPointCount(), "it is told once")
}

func TestASeriesEndsForEachOrganizationAlone(t *testing.T) {
	s := series("usage_stream_silent")
	two := acme(minute, s)
	two.Organizations = append(two.Organizations, usage.OrganizationFigures{Organization: "globex", Figures: two.Organizations[0].Figures})
	d := newDisplay()
	d.show(two)
	md := d.show(acme(minute, s))
	points := metricsOf(t, md).At(0).Gauge().DataPoints()
	require.Equal(t, 2, points.Len())
	organization, _ := points.At(1).Attributes().Get("organization")
	require.Equal(t, "globex", organization.Str())
	require.True(t, points.At(1).Flags().NoRecordedValue())
}

func TestAnOrganizationThatIsGoneEndsWithAllItsSeries(t *testing.T) {
	all := []*usage.Series{series(`a{x="1"}`), series("b")}
	d := newDisplay()
	d.show(acme(minute, all...))
	md := d.show(usage.Collection{At: minute})
	require.Empty(t, d.shown.organizations)
	require.Equal(t, 2, md.DataPointCount())
	require.Equal(t, "a", metricsOf(t, md).At(0).Name())
}

func TestSeriesInAnotherOrderDoNotEnd(t *testing.T) {
	a, b := series("a"), series("b")
	d := newDisplay()
	d.show(acme(minute, a, b))
	md := d.show(acme(minute, b, a))
	require.Equal(t, 2, md.DataPointCount())
}

func TestAnEmptyCollectionIsEmpty(t *testing.T) {
	require.Zero(t, newDisplay().show(usage.Collection{At: minute}).DataPointCount())
}

// BenchmarkConvert is a collection of 1,000 organizations with 100 series each.
func BenchmarkConvert(b *testing.B) {
	var c usage.Collection
	for i := range 1000 {
		var all []*usage.Series
		for range 100 {
			all = append(all, series(`usage_active_users{meter="m",period="current",window="month"}`))
		}
		o := acme(minute, all...).Organizations[0]
		o.Organization = time.Duration(i).String()
		c.Organizations = append(c.Organizations, o)
	}
	c.At = minute
	d := newDisplay()
	d.show(c)
	b.ReportAllocs()
	for b.Loop() {
		d.show(c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/point")
}
