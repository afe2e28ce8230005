// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// request is one of OTLP, in protobuf.
type request struct {
	signal string
	body   []byte
	user   string // who sends it, with the password secret; empty: nobody is asked
}

// event is one item of any signal.
type event struct {
	signal                     int // of 8: 0 a span, 1 a data point, else a log record
	organization, user, action string
	time                       time.Time
	value                      float64
	id                         uint64 // of a span, which has to have one
	place                      int    // where the organization stands: 0 record, 1 resource, else tenant.id of the resource
}

// organizations are those of a run: some are written so that only the ledgers'
// spelling makes one of them.
func organizations(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("org-%03d", i))
	}
	return append(ids, "Zo\u00eb", "4711")
}

// spelled are ways in which senders write an id that are one to a ledger.
func spelled(random *rand.Rand, id string) string {
	switch random.IntN(20) {
	case 0:
		return " " + id + "\u200b"
	case 1:
		if id == "Zo\u00eb" {
			return "Zoe\u0308"
		}
	}
	return id
}

// firstSample is how long before now events count in samples of before it: the
// interval of samples, the idle timeout of two sessions and settle.
var firstSample = 15*time.Minute + 2*30*time.Minute + settle

var actions = []string{
	"api.called", "api.called", "course.accessed", "session.attended", "user.logon", "task.finished", "user.logoff",
	"transcription.finished", "document.created", "workspace.login", "user.registered", "user.removed", "nobody.knows",
}

// makeEvents makes events around now: most of the last days, some late within the
// acceptance span, some beyond it, some ahead of the clock.
//
// None is of the time that a ledger's first sample of concurrent users looks at,
// which is of before it began: that one is final at its first collection, and ledgers
// that began at different moments have different ones, see docs/scale.md.
func makeEvents(random *rand.Rand, n int, organizations []string, now time.Time) []event {
	events := make([]event, n)
	for i := range events {
		back := firstSample + time.Duration(random.Int64N(int64(3*24*time.Hour)))
		switch random.IntN(50) {
		case 0:
			back = 40 * 24 * time.Hour // late
		case 1, 2, 3:
			back = firstSample + time.Duration(random.Int64N(int64(33*24*time.Hour)))
		case 4:
			back = -time.Duration(random.Int64N(int64(60 * time.Second))) // is held until its time
		case 5:
			back = -2 * time.Hour // future
		case 6, 7:
			back = time.Duration(random.Int64N(int64(settle / 2)))
		}
		e := event{
			signal:       random.IntN(8),
			organization: organizations[random.IntN(len(organizations))],
			user:         fmt.Sprintf("user-%d", random.IntN(n/10+10)),
			action:       actions[random.IntN(len(actions))],
			time:         now.Add(-back).Truncate(time.Millisecond).Add(time.Duration(i%1000) * time.Microsecond),
			value:        float64(random.IntN(1000)) / 8,
			id:           random.Uint64() | 1,
			place:        random.IntN(3),
		}
		if e.signal == 1 {
			e.action = "api.calls"
		}
		e.organization = spelled(random, e.organization)
		events[i] = e
	}
	return events
}

// requests packs events into requests in an order of their own, each sent again
// with some others as often as resends say.
func requests(t *testing.T, random *rand.Rand, events []event, size int, resends float64) (out []request) {
	t.Helper()
	order := random.Perm(len(events))
	for _, i := range order {
		if random.Float64() < resends {
			order = append(order, i)
		}
	}
	for len(order) > 0 {
		n := min(1+random.IntN(2*size), len(order))
		out = append(out, pack(t, events, order[:n])...)
		order = order[n:]
	}
	return out
}

// pack makes a request of each signal that there is.
func pack(t *testing.T, events []event, order []int) (out []request) {
	t.Helper()
	logs, traces, metrics := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	for _, i := range order {
		e := &events[i]
		at := pcommon.NewTimestampFromTime(e.time)
		switch e.signal {
		case 0:
			of := traces.ResourceSpans().AppendEmpty()
			span := of.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
			span.SetName(e.action)
			span.SetEndTimestamp(at)
			var id [16]byte
			binary.BigEndian.PutUint64(id[8:], e.id)
			span.SetTraceID(id)
			span.SetSpanID([8]byte(id[8:]))
			e.say(of.Resource().Attributes(), span.Attributes())
		case 1:
			of := metrics.ResourceMetrics().AppendEmpty()
			metric := of.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
			metric.SetName(e.action)
			sum := metric.SetEmptySum()
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			sum.SetIsMonotonic(true)
			point := sum.DataPoints().AppendEmpty()
			point.SetTimestamp(at)
			point.SetDoubleValue(e.value + 1)
			e.say(of.Resource().Attributes(), point.Attributes())
		default:
			of := logs.ResourceLogs().AppendEmpty()
			log := of.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
			log.SetEventName(e.action)
			log.SetTimestamp(at)
			e.say(of.Resource().Attributes(), log.Attributes())
		}
	}
	add := func(signal string, n int, marshal func() ([]byte, error)) {
		if n > 0 {
			body, err := marshal()
			require.NoError(t, err)
			out = append(out, request{signal: signal, body: body})
		}
	}
	add("logs", logs.LogRecordCount(), plogotlp.NewExportRequestFromLogs(logs).MarshalProto)
	add("traces", traces.SpanCount(), ptraceotlp.NewExportRequestFromTraces(traces).MarshalProto)
	add("metrics", metrics.DataPointCount(), pmetricotlp.NewExportRequestFromMetrics(metrics).MarshalProto)
	return out
}

// say writes who did what.
func (e *event) say(resource, record pcommon.Map) {
	switch e.place {
	case 0:
		record.PutStr("organization.id", e.organization)
	case 1:
		resource.PutStr("organization.id", e.organization)
	default:
		resource.PutStr("tenant.id", e.organization)
	}
	record.PutStr("user.id", e.user)
	record.PutStr("user.status", "active")
	record.PutStr("user.type", "onboarded")
	record.PutDouble("transcription.minutes", e.value)
}

// sendAll sends requests, each as often as it takes, and calls between before some
// of them. It returns how many were not taken at once.
func sendAll(t *testing.T, address string, all []request, between func(i int)) (again int) {
	t.Helper()
	for i, r := range all {
		if between != nil {
			between(i)
		}
		deadline := time.Now().Add(limit)
		for {
			err := post(t.Context(), address, r)
			if err == nil {
				break
			}
			var final permanent
			require.NotErrorAs(t, err, &final)
			require.True(t, time.Now().Before(deadline), "not taken within %s: %v", limit, err)
			again++
			<-time.After(20 * time.Millisecond)
		}
	}
	return again
}
