// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// request is one object of a file: an export request, or why it is none.
type request struct {
	file string
	line int   // 0: the file as a whole
	read int64 // bytes of all files up to here

	extract  []func(Extractor, *usage.Batch) // one for each signal in it
	items    int
	times    []int64 // of its items, ns since 1970, without those that have none
	observed []int64 // when they were observed, likewise

	bad   error // this is no request
	fatal error // nothing more can be read
}

// said returns the times that tell when the request arrived: those of
// observation where there are any, else those of the items. Times before 2000
// are of no clock, and those after limit of none that is right.
func (r *request) said(limit time.Time) (times []int64, observed bool) {
	if times = within(r.observed, limit); len(times) > 0 {
		return times, true
	}
	return within(r.times, limit), false
}

func within(times []int64, limit time.Time) []int64 {
	var in []int64
	for _, t := range times {
		if t >= usage.Year2000 && t <= limit.UnixNano() {
			in = append(in, t)
		}
	}
	return in
}

// first returns the first of the times that are after the clock and not after
// the arrival; the arrival where there is none.
func (r *request) first(clock, arrival time.Time) time.Time {
	first := arrival
	times, _ := r.said(arrival)
	for _, t := range times {
		if at := time.Unix(0, t).UTC(); at.After(clock) && at.Before(first) {
			first = at
		}
	}
	return first
}

// ahead returns how many items are of a time after limit.
func (r *request) ahead(limit time.Time) (n int) {
	for _, t := range r.times {
		if t > limit.UnixNano() {
			n++
		}
	}
	return n
}

// decode reads an object that has these keys. Others than those of the signals
// are passed over, as everywhere in OTLP/JSON.
func (r *request) decode(object []byte, keys []string) {
	known := false
	for _, signal := range []struct {
		camel, snake string
		decode       func([]byte) error
	}{
		{"resourceLogs", "resource_logs", r.decodeLogs},
		{"resourceSpans", "resource_spans", r.decodeTraces},
		{"resourceMetrics", "resource_metrics", r.decodeMetrics},
	} {
		if has(keys, signal.camel, signal.snake) {
			known = true
			r.bad = errors.Join(r.bad, signal.decode(object))
		}
	}
	if !known {
		r.bad = errNoRequest
	}
}

func (r *request) decodeLogs(object []byte) error {
	logs, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(object)
	if err != nil {
		return err
	}
	r.extract = append(r.extract, func(e Extractor, b *usage.Batch) { e.Logs(logs, "", b) })
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				if observed := record.ObservedTimestamp(); observed != 0 {
					r.observed = append(r.observed, int64(observed))
				}
				if t := record.Timestamp(); t != 0 {
					r.item(t)
				} else {
					r.item(record.ObservedTimestamp())
				}
			}
		}
	}
	return nil
}

func (r *request) decodeTraces(object []byte) error {
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(object)
	if err != nil {
		return err
	}
	r.extract = append(r.extract, func(e Extractor, b *usage.Batch) { e.Traces(traces, "", b) })
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				r.item(span.EndTimestamp())
				for _, event := range span.Events().All() {
					r.item(event.Timestamp())
				}
			}
		}
	}
	return nil
}

func (r *request) decodeMetrics(object []byte) error {
	metrics, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(object)
	if err != nil {
		return err
	}
	r.extract = append(r.extract, func(e Extractor, b *usage.Batch) { e.Metrics(metrics, "", b) })
	for _, resource := range metrics.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				r.points(metric)
			}
		}
	}
	return nil
}

// points notes the data points of a metric. Only sums can be usage; the other
// types do not move the clock.
func (r *request) points(metric pmetric.Metric) {
	switch metric.Type() {
	case pmetric.MetricTypeSum:
		for _, point := range metric.Sum().DataPoints().All() {
			r.item(point.Timestamp())
		}
	case pmetric.MetricTypeGauge:
		r.items += metric.Gauge().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		r.items += metric.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		r.items += metric.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		r.items += metric.Summary().DataPoints().Len()
	case pmetric.MetricTypeEmpty:
	}
}

func (r *request) item(at pcommon.Timestamp) {
	r.items++
	if at != 0 {
		r.times = append(r.times, int64(at))
	}
}
