// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package bounds

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// attacks are requests by a number of items. prepare sends what an attack needs
// to be there; what it costs is not held against the attack.
var attacks = []struct {
	name    string
	n       int
	prepare func(e *engine, n int)
	request func(n int) any
}{
	{"aliases of a chain made from its end", 10_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(n-i), "user.aliased", noon, "user.previous_id", user(n-i-1))
		})
	}},
	{"aliases of a chain made from its beginning", 10_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i+1), "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
	{"aliases of one", 10_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
	{"a chain of a person who did much", 5_000, func(e *engine, _ int) { e.send(busy(user(0))) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i+1), "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
	{"aliases of a person who did much", 5_000, func(e *engine, n int) {
		e.send(busy("somebody"))
		e.send(seen(n))
	}, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
	{"standing keys of one person", 4_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "network.connected", noon.Add(-time.Duration(i)*time.Minute), "network.name", fmt.Sprint("network-", i))
		})
	}},
	{"more standing keys than a person may have", 20_000, func(e *engine, _ int) { e.send(transitions("somebody")) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "network.connected", noon.Add(-time.Duration(i)*time.Minute), "network.name", fmt.Sprint("network-", i))
		})
	}},
	{"standing keys of many", 20_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i), "network.connected", noon, "network.name", fmt.Sprint("network-", i))
		})
	}},
	{"actions of a person with many transitions", 20_000, func(e *engine, _ int) { e.send(transitions("somebody")) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "app.opened", noon.Add(-time.Duration(n-i)*time.Minute))
		})
	}},
	{"aliases of users with many transitions", 59, func(e *engine, n int) {
		for i := range n {
			e.send(transitions(user(i)))
		}
	}, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
	{"aliases of users with the same transitions", 1_000, func(e *engine, n int) {
		e.send(transitions("somebody"))
		e.send(logs(n, func(i int, r plog.LogRecord) { did(r, user(i), "user.registered", noon.Add(-10*time.Minute)) }))
	}, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i+1), "user.aliased", noon, "user.previous_id", []string{user(i), "somebody"}[min(1, max(0, 1-i))])
		})
	}},
	{"transitions of a person who did much", 4_000, func(e *engine, _ int) { e.send(busy("somebody")) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", []string{"user.registered", "user.suspended"}[i%2], noon.Add(-time.Duration(n-i)*time.Minute))
		})
	}},
	{"transitions of long ago", 20_000, func(e *engine, n int) { e.send(busy("somebody")); e.send(seen(n)) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i), "user.registered", noon.AddDate(0, 0, -30).Add(time.Duration(i)*time.Second))
		})
	}},
	{"actions of a person who did much", 20_000, func(e *engine, _ int) { e.send(busy("somebody")) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "app.opened", noon.Add(-time.Duration(n-i)*time.Minute), "app.feature", strconv.Itoa(i%100), "app.language", strconv.Itoa(i%100))
		})
	}},
	{"actions ahead of the clock", 20_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i/2), []string{"user.registered", "user.aliased"}[i%2], noon.Add(time.Minute+time.Duration(i%200)*time.Second), "user.previous_id", user(i/2+1))
		})
	}},
	{"points of a resource with many attributes", 10_000, nil, func(n int) any {
		m := pmetric.NewMetrics()
		resource := m.ResourceMetrics().AppendEmpty()
		many(resource.Resource().Attributes(), n)
		metric := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		metric.SetName("transcription.minutes")
		sum := metric.SetEmptySum()
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		for i := range n {
			p := sum.DataPoints().AppendEmpty()
			p.SetIntValue(1)
			p.SetTimestamp(pcommon.NewTimestampFromTime(noon.Add(-time.Duration(i))))
		}
		return m
	}},
	{"records of a resource with many attributes", 10_000, nil, func(n int) any {
		l := logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "transcription.finished", noon.Add(-time.Duration(i)), "minutes", "1")
		})
		many(l.ResourceLogs().At(0).Resource().Attributes(), n)
		return l
	}},
	{"records of a resource with a number of many digits", 10_000, nil, func(n int) any {
		l := logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "transcription.finished", noon.Add(-time.Duration(i)))
		})
		l.ResourceLogs().At(0).Resource().Attributes().PutStr("minutes", strings.Repeat("0", 50*n)+"1")
		return l
	}},
	{"events of a span with many attributes", 10_000, nil, func(n int) any { return spanEvents(n, func(s ptrace.Span) { many(s.Attributes(), n) }) }},
	{"events of a span with a long name", 10_000, nil, func(n int) any {
		return spanEvents(n, func(s ptrace.Span) { s.SetName(strings.Repeat("n", 50*n)) })
	}},
	{"events of a span with a long trace state", 10_000, nil, func(n int) any {
		return spanEvents(n, func(s ptrace.Span) { s.TraceState().FromRaw(strings.Repeat("a=b,", 20*n)) })
	}},
	{"values of breakdowns", 20_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "transcription.finished", noon.Add(-time.Duration(i)), "minutes", "1", "app.feature", strconv.Itoa(i), "app.language", strconv.Itoa(i))
		})
	}},
	{"sums that are too large for a word", 20_000, func(e *engine, _ int) { e.send(busy("somebody")) }, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "transcription.finished", noon.Add(-time.Duration(i)), "minutes", "9000000000000")
		})
	}},
	{"late sums of closed periods", 20_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i), "transcription.finished", noon.Add(-time.Duration(n-i)*time.Minute), "minutes", "1", "app.feature", strconv.Itoa(i%100))
		})
	}},
	{"late tasks of operators", 20_000, nil, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i), "task.finished", noon.Add(-time.Duration(i)*time.Minute))
		})
	}},
	{"aliases of operators", 10_000, func(e *engine, n int) {
		e.send(logs(n, func(i int, r plog.LogRecord) {
			did(r, user(i), "task.finished", noon.Add(-time.Duration(i)*time.Minute))
		}))
	}, func(n int) any {
		return logs(n, func(i int, r plog.LogRecord) {
			did(r, "somebody", "user.aliased", noon, "user.previous_id", user(i))
		})
	}},
}

// busy has a user act under every value of the breakdowns, and on every day.
func busy(user string) plog.Logs {
	return logs(3_000, func(i int, r plog.LogRecord) {
		action := []string{"app.opened", "app.seen", "task.finished"}[i%3]
		did(r, user, action, noon.Add(-time.Duration(i%(33*24))*time.Hour), "app.feature", strconv.Itoa(i/3%100), "app.language", strconv.Itoa(i/3%100))
	})
}

// seen has users act once.
func seen(n int) plog.Logs {
	return logs(n, func(i int, r plog.LogRecord) {
		did(r, user(i), "app.seen", noon.Add(-time.Hour), "app.feature", strconv.Itoa(i%100))
	})
}

// transitions has a user switch 4,000 standing keys on, nearly as many as a person may
// have.
func transitions(user string) plog.Logs {
	return logs(4_000, func(i int, r plog.LogRecord) {
		did(r, user, "network.connected", noon.Add(-time.Duration(i)*time.Minute), "network.name", fmt.Sprint("network-", i))
	})
}

// many gives n attributes beside the organization.
func many(to pcommon.Map, n int) {
	to.EnsureCapacity(n + 1)
	to.PutStr("organization.id", "acme")
	for i := range n {
		kv := strconv.Itoa(i)
		to.PutStr(kv, kv)
	}
}

// spanEvents returns n events that are counted of a span without an id.
func spanEvents(n int, of func(ptrace.Span)) ptrace.Traces {
	t := ptrace.NewTraces()
	resource := t.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("organization.id", "acme")
	span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	of(span)
	for i := range n {
		e := span.Events().AppendEmpty()
		e.SetName("transcription.finished")
		e.SetTimestamp(pcommon.NewTimestampFromTime(noon.Add(-time.Duration(i))))
		e.Attributes().PutStr("minutes", "1")
	}
	return t
}

// ordinary is what an item of a request costs that nobody would mind: of users who act
// under some value. Requests are held against it.
func ordinary(t testing.TB) time.Duration {
	t.Helper()
	const n = 20_000
	e := newEngine(t)
	request := logs(n, func(i int, r plog.LogRecord) {
		did(r, user(i), "app.opened", noon, "app.feature", strconv.Itoa(i%50), "app.language", strconv.Itoa(i%30))
	})
	return e.send(request) / n
}

// dearest is how many ordinary items an item of a request may cost.
const dearest = 30

// TestNoRequestCostsMoreThanItsSize sends each attack in two sizes. An item costs
// a bounded number of ordinary ones, and no more where there are four times as many.
func TestNoRequestCostsMoreThanItsSize(t *testing.T) {
	usual := ordinary(t)
	t.Logf("an ordinary item: %v", usual)
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			cost := func(n int) (item time.Duration) {
				e := newEngine(t)
				if attack.prepare != nil {
					attack.prepare(e, n)
				}
				return e.send(attack.request(n)) / time.Duration(n)
			}
			few, many := cost(attack.n/4), cost(attack.n)
			t.Logf("%d items: %v each, %.1f ordinary ones; a quarter of them: %v each; all: %v", attack.n, many, float64(many)/float64(usual), few, many*time.Duration(attack.n))
			if many > dearest*usual {
				t.Errorf("an item of %d costs %v, more than %d ordinary ones of %v", attack.n, many, dearest, usual)
			}
			if many > 3*few+2*usual { // 4*few where the whole goes with the square
				t.Errorf("an item of %d costs %v, one of %d costs %v", attack.n, many, attack.n/4, few)
			}
		})
	}
}

// TestARestartCostsNoMore lets a ledger read its log again: of requests that made long
// chains, a person of many transitions and keys, and aliases of persons who did much.
func TestARestartCostsNoMore(t *testing.T) {
	e := newEngine(t)
	const n = 10_000
	e.send(logs(n, func(i int, r plog.LogRecord) {
		did(r, user(n-i), "user.aliased", noon, "user.previous_id", user(n-i-1))
	}))
	e.send(transitions("somebody"))
	e.send(busy("busy"))
	e.send(logs(4_000, func(i int, r plog.LogRecord) {
		did(r, "busy", []string{"user.registered", "user.suspended"}[i%2], noon.Add(-time.Duration(4_000-i)*time.Minute))
	}))
	e.send(logs(n, func(i int, r plog.LogRecord) { did(r, user(i+n), "app.seen", noon) }))
	before := e.outcomes()
	start := processorTime(t)
	e.crash()
	took := processorTime(t) - start
	t.Logf("a start took %v", took)
	require.Less(t, took, 20*time.Second)
	require.Equal(t, before, e.outcomes())

	e.send(transitions("somebody")) // known, and no more than a resend
	require.Zero(t, e.outcomes()["over_limit"])
	e.send(logs(200, func(i int, r plog.LogRecord) {
		did(r, "somebody", "network.connected", noon.Add(-time.Duration(i)*time.Second), "network.name", fmt.Sprint("more-", i))
	}))
	require.EqualValues(t, 200-96, e.outcomes()["over_limit"], "a person has 4,096 transitions at the most")
}
