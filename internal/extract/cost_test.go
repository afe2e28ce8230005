// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// traffic is a request of 512 records, with six attributes each, of the action.
func traffic(t testing.TB, action string) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "shop")
	rl.Resource().Attributes().PutStr("service.version", "1.2.3")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("shop/audit")
	for i := range 512 {
		lr := sl.LogRecords().AppendEmpty()
		lr.SetEventName(action)
		lr.SetTimestamp(someTime)
		lr.SetObservedTimestamp(someTime)
		a := lr.Attributes()
		a.PutStr("organization.id", fmt.Sprintf("organization-%03d", i%10))
		a.PutStr("user.id", fmt.Sprintf("0197f3c2-7d1e-7000-8000-%012d", i))
		a.PutStr("user.status", "active")
		a.PutStr("app.feature", "share")
		a.PutStr("transcription.minutes", "1.5")
		a.PutStr("log.record.uid", fmt.Sprintf("01JZ8Q3V9M%016d", i))
	}
	return ld
}

// TestALogCostsNoAllocation holds for all but conditions that need OTTL, which
// itself allocates: BenchmarkOTTL says how much.
func TestALogCostsNoAllocation(t *testing.T) {
	tests := map[string]string{
		"a class":        "app.opened",
		"roles and sum":  "task.finished",
		"a sum":          "transcription.finished",
		"nobody's":       "mouse.moved",
		"two versions":   "api.called",
		"a comparison":   "course.accessed",
		"hashed content": "api.called",
	}
	for name, action := range tests {
		t.Run(name, func(t *testing.T) {
			e := newExtractor(t, definitions())
			ld := traffic(t, action)
			if name == "hashed content" {
				for _, lr := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
					lr.Attributes().Remove("log.record.uid")
				}
			}
			var b usage.Batch
			extract := func() {
				b.Reset()
				e.Logs(ld, "", &b)
			}
			extract()
			require.Len(t, b.Items, 512)
			allocations := testing.AllocsPerRun(100, extract)
			// A whole number for each record: now and then a request finds the
			// pool of walkers emptied.
			require.Zero(t, int(allocations)/512)
		})
	}
}

// BenchmarkLogs and BenchmarkDecode are of the same bytes: their ratio is what
// extraction adds to a record.
func BenchmarkLogs(b *testing.B) {
	e := newExtractor(b, definitions())
	for _, action := range []string{"app.opened", "task.finished", "api.called", "course.accessed", "mouse.moved"} {
		b.Run(action, func(b *testing.B) {
			ld := traffic(b, action)
			var batch usage.Batch
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				e.Logs(ld, "", &batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
		})
	}
}

// BenchmarkOTTL is BenchmarkLogs/course.accessed with the same condition in a
// form that is left to OTTL.
func BenchmarkOTTL(b *testing.B) {
	x := definitions()
	x.Meters[learners].Versions[0].Classes[0].Condition = `attributes["user.status"] == "active" and true`
	e := newExtractor(b, x)
	ld := traffic(b, "course.accessed")
	var batch usage.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		e.Logs(ld, "", &batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
}

func BenchmarkDecode(b *testing.B) {
	wire, err := plogotlp.NewExportRequestFromLogs(traffic(b, "app.opened")).MarshalProto()
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		request := plogotlp.NewExportRequest()
		require.NoError(b, request.UnmarshalProto(wire))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
}
