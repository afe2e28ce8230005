// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book is an extractor, a ledger and a store that write down what is asked of
// them: `+3 10:14:59` counts three items at that time on the clock, `10:15`
// collects, `(10:15)` finds that the minute has passed.
type book struct {
	calls   []string
	stored  []string  // the minutes whose figures were written
	asOf    time.Time // the latest minute collected
	counted uint64
	fail    error // of the store
}

func newBook() *book { return &book{} }

func (b *book) outcomes() map[string]Outcomes {
	if b.counted == 0 {
		return nil
	}
	all := Outcomes{}
	all[usage.Counted] = b.counted
	return map[string]Outcomes{"acme": all, "idle": {}}
}

func (b *book) Logs(request plog.Logs, _ string, batch *usage.Batch) {
	batch.Items = append(batch.Items, make([]usage.Item, request.LogRecordCount())...)
}

func (b *book) Traces(request ptrace.Traces, _ string, batch *usage.Batch) {
	batch.Items = append(batch.Items, make([]usage.Item, request.SpanCount())...)
}

func (b *book) Metrics(request pmetric.Metrics, _ string, batch *usage.Batch) {
	batch.Items = append(batch.Items, make([]usage.Item, request.DataPointCount())...)
}

func (b *book) note(format string, args ...any) {
	b.calls = append(b.calls, fmt.Sprintf(format, args...))
}

func (b *book) Record(_ context.Context, now time.Time, batch *usage.Batch) error {
	b.note("+%d %s", len(batch.Items), now.Format("15:04:05"))
	b.counted += uint64(len(batch.Items))
	return nil
}

func (b *book) Collect(_ context.Context, now time.Time) (usage.Collection, error) {
	if !now.After(b.asOf) {
		b.note("(%s)", now.Format("15:04"))
		return usage.Collection{At: now}, nil
	}
	b.asOf = now
	b.note("%s", now.Format("15:04"))
	return usage.Collection{At: now, Organizations: make([]usage.OrganizationFigures, 1)}, nil
}

func (b *book) Write(figures usage.Collection) error {
	b.stored = append(b.stored, figures.At.Format("15:04"))
	return b.fail
}

func day(clock string) time.Time {
	at, err := time.Parse(time.DateTime, "2026-11-20 "+clock)
	if err != nil {
		panic(err)
	}
	return at
}

// tape writes a file with a request for each line of times; a line that is in
// quotes is written as it is.
func tape(t *testing.T, lines ...string) string {
	t.Helper()
	var text strings.Builder
	for _, line := range lines {
		if raw, quoted := strings.CutPrefix(line, "'"); quoted {
			text.WriteString(raw + "\n")
			continue
		}
		logs := plog.NewLogs()
		records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for clock := range strings.FieldsSeq(line) {
			records.AppendEmpty().SetTimestamp(pcommon.NewTimestampFromTime(day(clock)))
		}
		request, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		text.Write(append(request, '\n'))
	}
	file := filepath.Join(t.TempDir(), "tape.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	return file
}

func settings(t *testing.T, b *book, until string, files ...string) Settings {
	t.Helper()
	recording, err := Read(t.Context(), files, day(until), time.Time{}, nil)
	require.NoError(t, err)
	return Settings{
		Recording: recording, Extractor: b, Ledger: b, Store: b, Outcomes: b.outcomes,
		Step: 15 * time.Minute, Fine: time.Minute, FineFrom: day("23:59:00"), Until: day(until), Future: 5 * time.Minute,
	}
}

func TestEveryStepIsCollectedAfterWhatCameBeforeIt(t *testing.T) {
	b := newBook()
	report, err := Run(t.Context(), settings(t, b, "11:00:00", tape(t,
		"10:01:00 10:02:00", "10:14:59", "10:15:00", "10:50:30")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"+2 10:02:00", "+1 10:14:59", "10:15",
		"+1 10:15:00", "10:30", "10:45",
		"+1 10:50:30", "11:00",
	}, b.calls)
	require.Equal(t, []string{"10:15", "10:30", "10:45", "11:00"}, b.stored)
	require.Equal(t, 4, report.Requests)
	require.Equal(t, 5, report.Items)
	require.Equal(t, 4, report.Collections)
	require.Equal(t, map[string]Outcomes{"acme": {usage.Counted: 5}}, report.Outcomes)
}

func TestTheLastDayIsCollectedMinuteByMinute(t *testing.T) {
	b := newBook()
	s := settings(t, b, "10:48:00", tape(t, "10:20:00", "10:46:30"))
	s.FineFrom = day("10:45:00")
	_, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []string{
		"+1 10:20:00", "10:30", "10:45", "10:46",
		"+1 10:46:30", "10:47", "10:48",
	}, b.calls)
}

func TestTheIntervalDividesAllSteps(t *testing.T) {
	for _, c := range []struct{ step, fine, want time.Duration }{
		{15 * time.Minute, time.Minute, time.Minute},
		{6 * time.Hour, 6 * time.Hour, 6 * time.Hour},
		{time.Hour, 25 * time.Minute, 5 * time.Minute},
	} {
		require.Equal(t, c.want, (&Settings{Step: c.step, Fine: c.fine}).Interval())
	}
}

func TestARequestThatSpansStepsIsCountedAtItsEnd(t *testing.T) {
	b := newBook()
	_, err := Run(t.Context(), settings(t, b, "11:00:00", tape(t, "10:01:00", "10:05:00 10:40:00", "10:50:00")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"+1 10:01:00", "+2 10:40:00", "10:45", "+1 10:50:00", "11:00",
	}, b.calls)
}

func TestItemsFromThePastOrTheFutureDoNotMoveTheClock(t *testing.T) {
	b := newBook()
	_, err := Run(t.Context(), settings(t, b, "10:30:00", tape(t, "10:01:00", "09:00:00", "23:00:00", "10:02:00")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"+3 10:01:00", "+1 10:02:00", "10:15", "10:30",
	}, b.calls)
}

func TestAGapOfMonthsIsNotCollectedThrough(t *testing.T) {
	b := newBook()
	file := tape(t, "10:01:00", "10:02:00")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	early := time.Date(2002, 1, 2, 0, 0, 0, 0, time.UTC)
	lines[0] = strings.ReplaceAll(lines[0], strconv.FormatInt(day("10:01:00").UnixNano(), 10), strconv.FormatInt(early.UnixNano(), 10))
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	_, err = Run(t.Context(), settings(t, b, "10:15:00", file))
	require.NoError(t, err)
	require.Equal(t, []string{"+1 00:00:00", "+1 10:02:00", "10:15"}, b.calls)
}

func TestARepeatedReplayDoesNotCollectAgain(t *testing.T) {
	b := newBook()
	s := settings(t, b, "10:30:00", tape(t, "10:01:00", "10:20:00"))
	_, err := Run(t.Context(), s)
	require.NoError(t, err)

	b.calls = nil
	report, err := Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []string{"+1 10:01:00", "(10:15)", "+1 10:20:00", "(10:30)"}, b.calls)
	require.Zero(t, report.Collections)
	require.Equal(t, 2, report.Passed)
	require.Equal(t, map[string]Outcomes{"acme": {usage.Counted: 2}}, report.Outcomes, "only what the repetition added")
}

func TestAReplayGoesOnWhereAnEarlierOneEnded(t *testing.T) {
	b := newBook()
	_, err := Run(t.Context(), settings(t, b, "10:30:00", tape(t, "10:01:00")))
	require.NoError(t, err)

	b.calls = nil
	_, err = Run(t.Context(), settings(t, b, "11:00:00", tape(t, "10:20:00", "10:35:00")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"+1 10:20:00", "(10:30)", "+1 10:35:00", "10:45", "11:00",
	}, b.calls)
}

func TestReplayReadsAllThreeSignals(t *testing.T) {
	b := newBook()
	nano := day("10:01:00").UnixNano()
	report, err := Run(t.Context(), settings(t, b, "10:15:00", tape(t,
		fmt.Sprintf(`'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":"%d"}]}]}]}`, nano),
		fmt.Sprintf(`'{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":"%d"}]}]}]}`, nano+1),
		fmt.Sprintf(`' { "resourceMetrics" : [{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{"timeUnixNano":"%d"}]}},{"gauge":{"dataPoints":[{}]}}]}]}]}`, nano+2),
	)))
	require.NoError(t, err)
	require.Equal(t, 4, report.Items)
}

func TestErrorsEndTheReplayAndSayWhere(t *testing.T) {
	b := newBook()
	b.fail = errors.New("disk is full")
	file := tape(t, "10:01:00", "10:20:00", "10:50:00")
	_, err := Run(t.Context(), settings(t, b, "11:00:00", file))
	require.EqualError(t, err, "store the figures of 2026-11-20T10:15:00Z: disk is full")
	require.Equal(t, []string{"10:15"}, b.stored)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Run(ctx, settings(t, newBook(), "11:00:00", file))
	require.ErrorIs(t, err, context.Canceled)
	_, err = Read(ctx, []string{file}, time.Time{}, day("11:00:00"), nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestStepsAreWholeMinutes(t *testing.T) {
	s := settings(t, newBook(), "11:00:00")
	s.Step, s.Fine = 90*time.Second, 0
	_, err := Run(t.Context(), s)
	require.ErrorContains(t, err, "step 1m30s")
	require.ErrorContains(t, err, "fine step 0s")
	require.ErrorContains(t, err, "no requests to replay")
}

func TestProgressIsOfBothReadings(t *testing.T) {
	file := tape(t, "10:01:00 10:01:01", "10:20:00")
	var last Progress
	progress := func(p Progress) { last = p }
	recording, err := Read(t.Context(), []string{file}, time.Time{}, day("12:00:00"), progress)
	require.NoError(t, err)
	require.Equal(t, Progress{Share: 0.5, Items: 3}, last)

	s := settings(t, newBook(), "10:30:00", file)
	s.Recording, s.Progress = recording, progress
	_, err = Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, Progress{Share: 1, Items: 3, Clock: day("10:20:00")}, last)
}

func TestFilesThatChangeBetweenTheReadingsAreRefused(t *testing.T) {
	for _, then := range []string{"10:01:00", "10:01:00 | 10:02:00 | 10:03:00"} {
		file := tape(t, "10:01:00", "10:02:00")
		s := settings(t, newBook(), "10:30:00", file)
		text, err := os.ReadFile(tape(t, strings.Split(then, "|")...))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, text, 0o600))
		_, err = Run(t.Context(), s)
		require.ErrorIs(t, err, errChanged, then)
	}
}

func TestARequestThatIsAheadIsCountedByItselfAndNoted(t *testing.T) {
	b := newBook()
	file := tape(t, "10:01:00", "10:02:00", "12:30:00 10:02:10", "10:02:20", "10:03:00", "10:04:00", "10:05:00")
	report, err := Run(t.Context(), settings(t, b, "10:15:00", file))
	require.NoError(t, err)
	require.Equal(t, []string{
		"+1 10:01:00", "+3 10:02:10", "+1 10:02:20", "+1 10:03:00", "+1 10:04:00", "+1 10:05:00", "10:15",
	}, b.calls)
	require.Equal(t, Notes{1, []string{file + ":3: of its 2 items 1 are ahead of 2026-11-20T10:02:10Z, when it arrived"}}, report.Ahead)
}
