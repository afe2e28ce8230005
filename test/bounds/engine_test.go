// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package bounds

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// definitions have every kind of meter, with all that makes an event expensive:
// classes that require a status, standing activity, breakdowns, sums by user.
func definitions(t testing.TB) usage.Extraction {
	t.Helper()
	var windows []usage.Window
	for _, name := range []string{"day", "week", "month", "quarter", "year", "30d"} {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	breakdowns := []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}, {Dimension: "language", Attribute: "app.language"}}
	return usage.Extraction{
		Organization: []string{"organization.id"}, User: []string{"user.id"},
		Lifecycle:    [usage.NumStatuses][]string{usage.Registered: {"user.registered"}, usage.Suspended: {"user.suspended"}, usage.Removed: {"user.removed"}},
		AliasActions: []string{"user.aliased"}, AliasFrom: "user.previous_id", AliasTo: "user.id",
		Meters: []usage.Meter{
			{
				Name: "members", Type: usage.ActiveUsers, Windows: windows, Classes: []string{"full", "guest"}, Breakdowns: breakdowns,
				Versions: []usage.Version{{
					Classes: []usage.Class{
						{Index: 0, Actions: []string{"app.opened"}, Requires: usage.Registered, Billable: true},
						{Index: 1, Actions: []string{"app.opened", "app.seen"}},
					},
					Standing: &usage.Standing{On: []string{"network.connected"}, Off: []string{"network.disconnected"}, Key: "network.name", Class: 0},
				}},
			},
			{
				Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Unit: "min", Breakdowns: breakdowns,
				ByUser: &usage.ByUser{Dimension: "user", Top: 10}, Averages: []usage.AverageOf{{Name: "length", Attribute: "length"}},
				Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"transcription.finished", "transcription.minutes"}}}, Value: "minutes"}},
			},
			{
				Name: "operators", Type: usage.ConcurrentUsers, Windows: windows, Classes: []string{""},
				SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
				Versions: []usage.Version{{Classes: []usage.Class{{}}, Logon: []string{"operator.on"}, Activity: []string{"task.finished"}, Hourly: []string{"task.finished"}, Logoff: []string{"operator.off"}}},
			},
		},
	}
}

// engine is the product without its components: extract and ledger, on a file
// system of memory.
type engine struct {
	t         testing.TB
	settings  ledger.Settings
	ledger    *ledger.Ledger
	extractor *extract.Extractor
	now       time.Time
}

// newEngine returns one whose ledger is forty days old, so that there are closed
// periods.
func newEngine(t testing.TB) *engine {
	t.Helper()
	e := &engine{t: t, now: noon.AddDate(0, 0, -40), settings: ledger.Settings{
		Directory: "ledger", FS: vfs.NewCrashableMem(), Extraction: definitions(t),
		Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: 72 * time.Hour, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 1000, UnknownOrganizations: 1000, UsersPerOrganization: 1_000_000, ValuesPerDimension: 100},
	}}
	e.open()
	t.Cleanup(func() { require.NoError(t, e.ledger.Close(context.Background())) })
	e.send(logs(1, func(_ int, r plog.LogRecord) { did(r, "user", "app.seen", e.now) }))
	e.now = noon.Add(30 * time.Second) // so that what happens at noon is applied at once
	return e
}

func (e *engine) open() {
	var err error
	e.ledger, err = ledger.Open(e.settings, e.now)
	require.NoError(e.t, err)
	x := e.ledger.Extraction()
	x.FormerBefore = noon.Add(time.Hour).UnixNano() // as of a ledger that is as old as format 3
	e.extractor, err = extract.New(x)
	require.NoError(e.t, err)
}

// crash cuts the power and opens the ledger again, which reads its log.
func (e *engine) crash() {
	fs := e.settings.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
	require.NoError(e.t, e.ledger.Close(context.Background()))
	e.settings.FS = fs
	e.open()
}

// outcomes returns how many items of the organization had which outcome.
func (e *engine) outcomes() map[string]uint64 {
	outcomes := map[string]uint64{}
	for _, status := range e.ledger.Statuses() {
		for _, of := range status.Items {
			for outcome, n := range of {
				outcomes[usage.Outcome(outcome).String()] += n
			}
		}
	}
	return outcomes
}

// send counts a request and returns the processor time that this took.
func (e *engine) send(request any) time.Duration {
	e.t.Helper()
	start := processorTime(e.t)
	var batch usage.Batch
	switch request := request.(type) {
	case plog.Logs:
		e.extractor.Logs(request, "", &batch)
	case ptrace.Traces:
		e.extractor.Traces(request, "", &batch)
	case pmetric.Metrics:
		e.extractor.Metrics(request, "", &batch)
	}
	require.NoError(e.t, e.ledger.Record(context.Background(), e.now, &batch))
	return processorTime(e.t) - start
}

// processorTime is what the process has used so far: unlike the time of day it
// does not count what other processes do.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// logs returns a request of n records of one organization.
func logs(n int, of func(i int, r plog.LogRecord)) plog.Logs {
	l := plog.NewLogs()
	resource := l.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("organization.id", "acme")
	records := resource.ScopeLogs().AppendEmpty().LogRecords()
	records.EnsureCapacity(n)
	for i := range n {
		of(i, records.AppendEmpty())
	}
	return l
}

// did makes a record of what a user did.
func did(r plog.LogRecord, user, action string, at time.Time, attributes ...string) {
	r.SetEventName(action)
	r.SetTimestamp(pcommon.NewTimestampFromTime(at))
	r.Attributes().PutStr("user.id", user)
	for i := 0; i+1 < len(attributes); i += 2 {
		r.Attributes().PutStr(attributes[i], attributes[i+1])
	}
}

func user(i int) string { return fmt.Sprintf("user-%d", i) }
