// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// request is what arrives together.
type request struct {
	logs    plog.Logs
	traces  ptrace.Traces
	metrics pmetric.Metrics
	span    ptrace.Span // the last one; events are added to it
	items   int
}

// item is one line of a request.
type item struct {
	kind                       string
	organization, user, action string
	time                       time.Time // zero: none
	attributes                 []attribute
}

// attribute has its place as a prefix of its name where that is not the record
// itself, and its type as a suffix where it is no string.
type attribute struct{ place, name, kind, value string }

var kinds = map[string]bool{"log": true, "span": true, "event": true, "delta": true, "updown": true, "cumulative": true, "gauge": true, "histogram": true}

func newRequest() *request {
	return &request{logs: plog.NewLogs(), traces: ptrace.NewTraces(), metrics: pmetric.NewMetrics()}
}

var rangeForm = regexp.MustCompile(`\{(\d+)\.\.(\d+)\}`)

// addLine adds the item of a line; with a range as u{1..3000} in it, one item
// for each number.
func (r *request) addLine(line string, clock time.Time) error {
	from, to := 0, 0
	if m := rangeForm.FindStringSubmatch(line); m != nil {
		from, _ = strconv.Atoi(m[1]) // digits
		to, _ = strconv.Atoi(m[2])
	}
	for n := from; n <= to; n++ {
		it, err := parseItem(rangeForm.ReplaceAllString(line, strconv.Itoa(n)), clock)
		if err == nil {
			err = r.add(it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseItem(line string, clock time.Time) (item, error) {
	words := strings.Fields(line)
	it := item{kind: "log"}
	if kinds[words[0]] {
		it.kind, words = words[0], words[1:]
	}
	if len(words) < 4 {
		return it, fmt.Errorf("%q: write organization, user, action, time and attributes", line)
	}
	it.organization, it.user, it.action = name(words[0]), name(words[1]), name(words[2])
	if words[3] != "-" {
		t, err := parseTime(words[3], clock)
		if err != nil {
			return it, err
		}
		it.time = t
	}
	for _, word := range words[4:] {
		key, value, _ := strings.Cut(word, "=")
		a := attribute{name: key, value: value}
		if place, rest, found := strings.Cut(key, "@"); found {
			a.place, a.name = place, rest
		}
		a.name, a.kind, _ = strings.Cut(a.name, ":")
		it.attributes = append(it.attributes, a)
	}
	return it, nil
}

func name(word string) string {
	if word == "-" {
		return ""
	}
	return word
}

// take returns a word of the language that stands among the attributes.
func (it *item) take(name string) string {
	for i, a := range it.attributes {
		if a.name == name && a.place == "" {
			it.attributes = append(it.attributes[:i:i], it.attributes[i+1:]...)
			return a.value
		}
	}
	return ""
}

func (it *item) put(record, scope, resource pcommon.Map) error {
	if it.organization != "" {
		record.PutStr("organization.id", it.organization)
	}
	if it.user != "" {
		record.PutStr("user.id", it.user)
	}
	for _, a := range it.attributes {
		if err := a.put(map[string]pcommon.Map{"": record, "scope": scope, "resource": resource}[a.place]); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

func (a attribute) put(m pcommon.Map) (err error) {
	switch a.kind {
	case "":
		m.PutStr(a.name, a.value)
	case "quoted":
		var text string
		text, err = strconv.Unquote(a.value)
		m.PutStr(a.name, text)
	case "bool":
		m.PutBool(a.name, a.value == "true")
	case "int":
		var n int64
		n, err = strconv.ParseInt(a.value, 10, 64)
		m.PutInt(a.name, n)
	case "double":
		var f float64
		f, err = strconv.ParseFloat(a.value, 64)
		m.PutDouble(a.name, f)
	default:
		err = fmt.Errorf("%q is no type: use int, double, bool or quoted", a.kind)
	}
	return err
}

func (r *request) add(it item) error {
	r.items++
	switch it.kind {
	case "log":
		return r.log(it)
	case "span":
		return r.addSpan(it)
	case "event":
		e := r.span.Events().AppendEmpty()
		e.SetName(it.action)
		e.SetTimestamp(stamp(it.time))
		return it.put(e.Attributes(), pcommon.NewMap(), pcommon.NewMap())
	default:
		return r.metric(it)
	}
}

func stamp(t time.Time) pcommon.Timestamp {
	if t.IsZero() {
		return 0
	}
	return pcommon.NewTimestampFromTime(t)
}

func (r *request) log(it item) error {
	resource := r.logs.ResourceLogs().AppendEmpty()
	scope := resource.ScopeLogs().AppendEmpty()
	record := scope.LogRecords().AppendEmpty()
	record.SetEventName(it.action)
	record.SetTimestamp(stamp(it.time))
	if uid := it.take("uid"); uid != "" {
		record.Attributes().PutStr("log.record.uid", uid)
	}
	if observed := it.take("observed"); observed != "" {
		t, err := parseTime(observed, it.time)
		if err != nil {
			return err
		}
		record.SetObservedTimestamp(stamp(t))
	}
	if body := it.take("body"); body != "" {
		record.Body().SetStr(body)
	}
	record.SetSeverityText(it.take("severity"))
	if err := it.ids(record); err != nil {
		return err
	}
	return it.put(record.Attributes(), scope.Scope().Attributes(), resource.Resource().Attributes())
}

// spanLength is how long before its end every span starts.
const spanLength = 10 * time.Minute

func (r *request) addSpan(it item) error {
	resource := r.traces.ResourceSpans().AppendEmpty()
	scope := resource.ScopeSpans().AppendEmpty()
	r.span = scope.Spans().AppendEmpty()
	r.span.SetName(it.action)
	r.span.SetStartTimestamp(stamp(it.time.Add(-spanLength)))
	r.span.SetEndTimestamp(stamp(it.time))
	r.span.TraceState().FromRaw(it.take("tracestate"))
	if err := it.ids(r.span); err != nil {
		return err
	}
	return it.put(r.span.Attributes(), scope.Scope().Attributes(), resource.Resource().Attributes())
}

// ids gives a record the span id that the item names, in trace 1 or the one
// that it names.
func (it *item) ids(of interface {
	SetTraceID(trace pcommon.TraceID)
	SetSpanID(span pcommon.SpanID)
},
) error {
	text := it.take("id")
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return err
	}
	var span pcommon.SpanID
	binary.BigEndian.PutUint64(span[:], n)
	of.SetSpanID(span)
	trace := uint64(1)
	if text := it.take("trace"); text != "" {
		if trace, err = strconv.ParseUint(text, 10, 8); err != nil {
			return err
		}
	}
	of.SetTraceID(pcommon.TraceID{byte(trace)})
	return nil
}

func (r *request) metric(it item) error {
	resource := r.metrics.ResourceMetrics().AppendEmpty()
	scope := resource.ScopeMetrics().AppendEmpty()
	m := scope.Metrics().AppendEmpty()
	m.SetName(it.action)
	var p pmetric.NumberDataPoint
	switch it.kind {
	case "histogram":
		h := m.SetEmptyHistogram().DataPoints().AppendEmpty()
		h.SetTimestamp(stamp(it.time))
		h.SetCount(1)
		return it.put(h.Attributes(), scope.Scope().Attributes(), resource.Resource().Attributes())
	case "gauge":
		p = m.SetEmptyGauge().DataPoints().AppendEmpty()
	default:
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(it.kind != "updown")
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		if it.kind == "cumulative" {
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}
		p = sum.DataPoints().AppendEmpty()
	}
	p.SetTimestamp(stamp(it.time))
	if start := it.take("start"); start != "" {
		t, err := parseTime(start, it.time)
		if err != nil {
			return err
		}
		p.SetStartTimestamp(stamp(t))
	}
	switch text := it.take("value"); text {
	case "none":
		p.SetFlags(p.Flags().WithNoRecordedValue(true))
	default:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			p.SetIntValue(n)
			break
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		p.SetDoubleValue(f)
	}
	return it.put(p.Attributes(), scope.Scope().Attributes(), resource.Resource().Attributes())
}
