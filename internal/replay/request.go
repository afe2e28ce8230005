// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"errors"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// request is one line of a file: an export request of one signal, or why it is
// none.
type request struct {
	file string
	line int
	read int64 // bytes of all files up to here

	extract func(Extractor, *usage.Batch)
	items   int
	times   []pcommon.Timestamp // of its items, 0 where one has none

	bad   error // this line is no request
	fatal error // nothing more can be read
}

// span returns the first and the last time of the request's items that are
// later than the clock and not after until; zero times where there is none.
func (r *request) span(clock, until time.Time) (first, last time.Time) {
	for _, t := range r.times {
		at := t.AsTime()
		if t == 0 || !at.After(clock) || at.After(until) {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	return first, last
}

var errNoRequest = errors.New(`no OTLP request: the line has to be an object with resourceLogs, resourceSpans or resourceMetrics`)

// decode reads a line; its signal is told by its first key.
func (r *request) decode(line []byte) {
	key, _, _ := bytes.Cut(bytes.TrimLeft(line, " \t{"), []byte(":"))
	switch string(bytes.TrimSpace(key)) {
	case `"resourceLogs"`:
		r.decodeLogs(line)
	case `"resourceSpans"`:
		r.decodeTraces(line)
	case `"resourceMetrics"`:
		r.decodeMetrics(line)
	default:
		r.bad = errNoRequest
	}
}

func (r *request) decodeLogs(line []byte) {
	var logs plog.Logs
	if logs, r.bad = (&plog.JSONUnmarshaler{}).UnmarshalLogs(line); r.bad != nil {
		return
	}
	r.extract = func(e Extractor, b *usage.Batch) { e.Logs(logs, "", b) }
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				t := record.Timestamp()
				if t == 0 {
					t = record.ObservedTimestamp()
				}
				r.item(t)
			}
		}
	}
}

func (r *request) decodeTraces(line []byte) {
	var traces ptrace.Traces
	if traces, r.bad = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line); r.bad != nil {
		return
	}
	r.extract = func(e Extractor, b *usage.Batch) { e.Traces(traces, "", b) }
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
}

func (r *request) decodeMetrics(line []byte) {
	var metrics pmetric.Metrics
	if metrics, r.bad = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(line); r.bad != nil {
		return
	}
	r.extract = func(e Extractor, b *usage.Batch) { e.Metrics(metrics, "", b) }
	for _, resource := range metrics.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				r.points(metric)
			}
		}
	}
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
	r.times = append(r.times, at)
}
