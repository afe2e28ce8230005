// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// metrics is a request of one metric of acme's user ann.
func metrics(name string) (pmetric.Metrics, pmetric.Metric) {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("organization.id", "acme")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(name)
	return md, m
}

func deltaSum(m pmetric.Metric) pmetric.NumberDataPoint {
	m.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	p := m.Sum().DataPoints().AppendEmpty()
	p.SetTimestamp(someTime)
	p.Attributes().PutStr("user.id", "ann")
	return p
}

func items(t *testing.T, md pmetric.Metrics) ([]usage.Item, *usage.Batch) {
	t.Helper()
	var b usage.Batch
	newExtractor(t, definitions()).Metrics(md, "", &b)
	require.Len(t, b.Items, md.DataPointCount())
	return b.Items, &b
}

func TestADeltaPointBringsItsOwnNumberAsValue(t *testing.T) {
	md, m := metrics("transcription.finished")
	p := deltaSum(m)
	p.SetDoubleValue(2.5)
	p.Attributes().PutDouble("transcription.minutes", 99)
	it, b := items(t, md)
	require.Equal(t, usage.Pending, it[0].Outcome)
	require.Equal(t, usage.Metrics, it[0].Signal)
	require.EqualValues(t, someTime, it[0].Time)
	require.EqualValues(t, 2_500_000, b.EffectsOf(&it[0])[0].Value)

	md, m = metrics("api.called")
	deltaSum(m).SetIntValue(7)
	it, b = items(t, md)
	require.EqualValues(t, 7_000_000, b.EffectsOf(&it[0])[0].Value, "where no value is configured, too")
}

func TestADeltaPointIsAnActionOfItsUser(t *testing.T) {
	md, m := metrics("app.opened")
	deltaSum(m).SetIntValue(3)
	it, b := items(t, md)
	require.Equal(t, "ann", it[0].User)
	require.Equal(t, usage.Active, b.EffectsOf(&it[0])[0].Kind)
}

func TestAPointWithNothingToSayIsUnmatched(t *testing.T) {
	for name, change := range map[string]func(pmetric.NumberDataPoint){
		"zero":              func(p pmetric.NumberDataPoint) { p.SetIntValue(0) },
		"zero, as a double": func(p pmetric.NumberDataPoint) { p.SetDoubleValue(0) },
		"no recorded value": func(p pmetric.NumberDataPoint) {
			p.SetIntValue(1)
			p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		},
		"no number at all": func(pmetric.NumberDataPoint) {},
	} {
		md, m := metrics("api.called")
		change(deltaSum(m))
		it, _ := items(t, md)
		require.Equal(t, usage.Unmatched, it[0].Outcome, name)
		require.Equal(t, "acme", it[0].Organization, name)
	}
}

func TestWhatIsNoDeltaSumIsInvalidWhereItsNameIsAnAction(t *testing.T) {
	for name, change := range map[string]func(pmetric.Metric){
		"cumulative sum": func(m pmetric.Metric) {
			deltaSum(m).SetIntValue(1)
			m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		},
		"sum of no temporality": func(m pmetric.Metric) { m.SetEmptySum().DataPoints().AppendEmpty().SetIntValue(1) },
		"gauge":                 func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(1) },
		"histogram":             func(m pmetric.Metric) { m.SetEmptyHistogram().DataPoints().AppendEmpty().SetCount(1) },
		"exponential histogram": func(m pmetric.Metric) { m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty().SetCount(1) },
		"summary":               func(m pmetric.Metric) { m.SetEmptySummary().DataPoints().AppendEmpty().SetCount(1) },
	} {
		md, m := metrics("api.called")
		change(m)
		it, _ := items(t, md)
		require.Equal(t, usage.Invalid, it[0].Outcome, name)
		require.Equal(t, usage.ReasonTemporality, it[0].Reason, name)

		m.SetName("process.cpu.time")
		it, _ = items(t, md)
		require.Equal(t, usage.Unmatched, it[0].Outcome, name)
	}
}

func TestAnUnusableNumberIsInvalid(t *testing.T) {
	tests := map[float64]usage.Reason{
		math.NaN(): usage.ReasonBadValue, math.Inf(1): usage.ReasonBadValue,
		1e300: usage.ReasonOverflow, -1: usage.ReasonNegative,
	}
	for f, reason := range tests {
		md, m := metrics("api.called")
		deltaSum(m).SetDoubleValue(f)
		it, _ := items(t, md)
		require.Equal(t, usage.Invalid, it[0].Outcome, f)
		require.Equal(t, reason, it[0].Reason, f)
	}
}

func TestANegativePointIsACorrectionForSumsAndNoActivity(t *testing.T) {
	md, m := metrics("credit.spent")
	deltaSum(m).SetIntValue(-2)
	it, b := items(t, md)
	require.EqualValues(t, -2_000_000, b.EffectsOf(&it[0])[0].Value)

	md, m = metrics("app.opened")
	deltaSum(m).SetIntValue(-2)
	it, _ = items(t, md)
	require.Equal(t, usage.Invalid, it[0].Outcome)
	require.Equal(t, usage.ReasonNegative, it[0].Reason)
}
