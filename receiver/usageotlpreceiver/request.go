// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/collector/receiver/receiverhelper"

	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// request is what a server has received: the body, decompressed.
type request struct {
	signal usage.Signal
	json   bool
	body   []byte
	hold   *hold // of the body at least
}

// format is how the Collector's own telemetry calls the encoding.
func (q *request) format() string {
	if q.json {
		return "json"
	}
	return "protobuf"
}

// take counts a request and hands it on where it is forwarded. An error is a
// status, or one that statusOf makes one of.
func (r *otlpReceiver) take(ctx context.Context, report *receiverhelper.ObsReport, q *request) (answer, error) {
	p := &passage{receiver: r, request: q}
	if err := p.check(); err != nil {
		return answer{}, err
	}
	if p.records() == 0 {
		return answer{}, nil
	}
	ctx = start(ctx, report, q.signal)
	a, err := p.pass(ctx)
	end(ctx, report, q, p.records(), err)
	return a, err
}

// passage is a request on its way through the receiver.
type passage struct {
	receiver *otlpReceiver
	request  *request
	checked  otlp.Request // of protobuf
	decoded  *telemetry   // of JSON, and where something wants it
}

// itemCost is what an item takes in a batch, with an effect and names.
const itemCost = 400

// check bounds the request, and finds room for what becomes of it. JSON is
// decoded here: only decoding shows that it is JSON. So is what would be decoded
// twice else: for conditions, and to be handed on.
func (p *passage) check() (err error) {
	r, q := p.receiver, p.request
	defer r.turns.take(len(q.body))()
	if q.json {
		p.checked.Shape, err = otlp.CheckJSON(q.body, r.asideOf(q.body))
	} else {
		p.checked, err = otlp.Check(q.signal, q.body, r.asideOf(q.body))
	}
	if err != nil {
		return invalid("%s", err)
	}
	room := int64(len(q.body)) + itemCost*int64(p.checked.Items)
	switch {
	case q.json:
		room += p.checked.Decoded
	case r.config.Undecoded:
		room += 2 * int64(len(q.body)) // as it is handed on, and as parts of it
	case r.forwards[q.signal] || r.counter.Extractor.Decodes():
		room += p.checked.Decoded
	}
	if err := q.hold.resize(room); err != nil {
		return err
	}
	if q.json || !r.config.Undecoded && r.forwards[q.signal] && r.counter.Extractor.Decodes() {
		p.decoded, err = decode(q)
	}
	return err
}

// records is how many the request has; the events of spans are none.
func (p *passage) records() int {
	if p.request.json || p.decoded != nil && !p.receiver.config.Undecoded {
		return p.decoded.records()
	}
	return p.checked.Items - p.checked.Events
}

// pass counts a request and hands it on; one that stays undecoded is handed on only. A
// pipeline to which nothing is handed is asked first whether it would take anything: a
// memory_limiter in it speaks for the process.
func (p *passage) pass(ctx context.Context) (a answer, err error) {
	r, q := p.receiver, p.request
	if r.config.Undecoded {
		if p.decoded == nil {
			p.decoded = seal(p.checked)
		}
		return a, r.consume(ctx, p.decoded)
	}
	if !r.forwards[q.signal] {
		if err := r.consume(ctx, nothing(q.signal)); err != nil {
			return a, err
		}
	}
	if a, err = p.count(ctx); err != nil || !r.forwards[q.signal] {
		return a, err
	}
	if p.decoded == nil {
		if p.decoded, err = decode(q); err != nil {
			return a, err
		}
	}
	return a, r.consume(ctx, p.decoded)
}

func (p *passage) count(ctx context.Context) (a answer, err error) {
	counter := p.receiver.counter
	err = counter.Count(ctx, func(bound string, b *usage.Batch) {
		defer p.receiver.turns.take(len(p.request.body))()
		if p.decoded != nil {
			p.decoded.extract(counter.Extractor, bound, b)
		} else {
			counter.Extractor.Request(p.checked, bound, b)
		}
	}, func(b *usage.Batch) { a = answerTo(b) })
	return a, err
}

// telemetry is a decoded request: one of the signals.
type telemetry struct {
	signal  usage.Signal
	logs    plog.Logs
	traces  ptrace.Traces
	metrics pmetric.Metrics
}

// nothing is a request without items.
func nothing(signal usage.Signal) *telemetry {
	t := &telemetry{signal: signal}
	switch signal {
	case usage.Logs:
		t.logs = plog.NewLogs()
	case usage.Traces:
		t.traces = ptrace.NewTraces()
	case usage.Metrics:
		t.metrics = pmetric.NewMetrics()
	}
	return t
}

// seal is a request that is handed on as it came.
func seal(r otlp.Request) *telemetry {
	t := &telemetry{signal: r.Signal}
	switch r.Signal {
	case usage.Logs:
		t.logs = sealed.Logs(r)
	case usage.Traces:
		t.traces = sealed.Traces(r)
	case usage.Metrics:
		t.metrics = sealed.Metrics(r)
	}
	return t
}

func decode(q *request) (*telemetry, error) {
	t := &telemetry{signal: q.signal}
	var read interface {
		UnmarshalProto([]byte) error
		UnmarshalJSON([]byte) error
	}
	switch q.signal {
	case usage.Logs:
		r := plogotlp.NewExportRequest()
		t.logs, read = r.Logs(), r
	case usage.Traces:
		r := ptraceotlp.NewExportRequest()
		t.traces, read = r.Traces(), r
	case usage.Metrics:
		r := pmetricotlp.NewExportRequest()
		t.metrics, read = r.Metrics(), r
	}
	unmarshal := read.UnmarshalProto
	if q.json {
		unmarshal = read.UnmarshalJSON
	}
	if err := unmarshal(q.body); err != nil {
		return nil, invalid("%s: %s", otlp.ErrMalformed, err)
	}
	return t, nil
}

func (t *telemetry) extract(e *extract.Extractor, bound string, b *usage.Batch) {
	switch t.signal {
	case usage.Logs:
		e.Logs(t.logs, bound, b)
	case usage.Traces:
		e.Traces(t.traces, bound, b)
	case usage.Metrics:
		e.Metrics(t.metrics, bound, b)
	}
}

func (t *telemetry) records() int {
	switch t.signal {
	case usage.Logs:
		return t.logs.LogRecordCount()
	case usage.Traces:
		return t.traces.SpanCount()
	default:
		return t.metrics.DataPointCount()
	}
}

func (r *otlpReceiver) consume(ctx context.Context, t *telemetry) error {
	switch t.signal {
	case usage.Logs:
		return r.nextLogs.ConsumeLogs(ctx, t.logs)
	case usage.Traces:
		return r.nextTraces.ConsumeTraces(ctx, t.traces)
	default:
		return r.nextMetrics.ConsumeMetrics(ctx, t.metrics)
	}
}

// start and end tell the Collector's own telemetry of a request.
func start(ctx context.Context, report *receiverhelper.ObsReport, signal usage.Signal) context.Context {
	switch signal {
	case usage.Logs:
		return report.StartLogsOp(ctx)
	case usage.Traces:
		return report.StartTracesOp(ctx)
	default:
		return report.StartMetricsOp(ctx)
	}
}

func end(ctx context.Context, report *receiverhelper.ObsReport, q *request, records int, err error) {
	switch q.signal {
	case usage.Logs:
		report.EndLogsOp(ctx, q.format(), records, err)
	case usage.Traces:
		report.EndTracesOp(ctx, q.format(), records, err)
	case usage.Metrics:
		report.EndMetricsOp(ctx, q.format(), records, err)
	}
}
