// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func window(t *testing.T, name string) usage.Window {
	t.Helper()
	w, err := usage.ParseWindow(name)
	require.NoError(t, err)
	return w
}

func day(t *testing.T, text string) usage.Date {
	t.Helper()
	d, err := usage.ParseDate(text)
	require.NoError(t, err)
	return d
}

func TestPeriodsAreNamedAsPeopleNameThem(t *testing.T) {
	for _, c := range []struct{ name, window, kind, title, start, end string }{
		{"2026", "", "year", "2026", "2026-01-01", "2027-01-01"},
		{"2026-H1", "", "half", "First half of 2026", "2026-01-01", "2026-07-01"},
		{"2026-H2", "half", "half", "Second half of 2026", "2026-07-01", "2027-01-01"},
		{"2026-Q4", "", "quarter", "Quarter 4 of 2026", "2026-10-01", "2027-01-01"},
		{"2026-10", "", "month", "October 2026", "2026-10-01", "2026-11-01"},
		{"2026-10", "cycle", "cycle", "Billing cycle from October 2026 on", "2026-10-01", "2026-11-01"},
		{"2026-W01", "", "week", "Week 1 of 2026", "2025-12-29", "2026-01-05"},
		{"2026-W44", "week", "week", "Week 44 of 2026", "2026-10-26", "2026-11-02"},
		{"2026-W53", "", "week", "Week 53 of 2026", "2026-12-28", "2027-01-04"},
		{"2024-02-29", "", "day", "29 February 2024", "2024-02-29", "2024-03-01"},
	} {
		s, err := ParseSpan(c.name, c.window)
		require.NoError(t, err, c.name)
		require.Equal(t, Span{c.name, c.title, window(t, c.kind), day(t, c.start), day(t, c.end)}, s)
		back, err := SpanOf(s.Window, s.Start)
		require.NoError(t, err)
		require.Equal(t, s, back)
	}
	for _, bad := range []struct{ name, window, want string }{
		{"", "", `period: "": no such period; write a year as 2026`},
		{"October", "", `period: "October": no such period`},
		{"2026-13", "", `period: "2026-13": no such period`},
		{"2026-02-30", "", `period: "2026-02-30": no such period`},
		{"2026-W4", "", `period: "2026-W4": no such period`},
		{"2027-W53", "", `period: "2027-W53": that year has no such week`},
		{"2026-H3", "", `period: "2026-H3": no such period`},
		{"2026-Q0", "", `period: "2026-Q0": no such period`},
		{"2026-Q", "", `period: "2026-Q": no such period`},
		{"2026-", "", `period: "2026-": no such period`},
		{"2026-10", "week", `window: "week": the period 2026-10 is a month; leave the window out`},
		{"2026-W44", "cycle", `window: "cycle": the period 2026-W44 is a week`},
	} {
		_, err := ParseSpan(bad.name, bad.window)
		require.ErrorContains(t, err, bad.want)
	}
}

func TestTheRunningPeriodAndTheOneBefore(t *testing.T) {
	for _, c := range []struct {
		window, today    string
		anchor           int
		running, earlier string
	}{
		{"day", "2026-03-01", 1, "2026-03-01", "2026-02-28"},
		{"week", "2026-01-01", 1, "2026-W01", "2025-W52"},
		{"month", "2026-01-31", 1, "2026-01", "2025-12"},
		{"quarter", "2026-03-31", 1, "2026-Q1", "2025-Q4"},
		{"half", "2026-07-01", 1, "2026-H2", "2026-H1"},
		{"year", "2026-07-01", 1, "2026", "2025"},
		{"cycle", "2026-10-14", 15, "2026-09", "2026-08"},
		{"cycle", "2026-10-15", 15, "2026-10", "2026-09"},
		{"cycle", "2026-02-27", 31, "2026-01", "2025-12"},
		{"cycle", "2026-02-28", 31, "2026-02", "2026-01"}, // the last day of a shorter month
		{"cycle", "2026-03-30", 31, "2026-02", "2026-01"},
	} {
		s, err := Running(window(t, c.window), day(t, c.today), c.anchor, false)
		require.NoError(t, err)
		require.Equal(t, c.running, s.Name, c)
		s, err = Running(window(t, c.window), day(t, c.today), c.anchor, true)
		require.NoError(t, err)
		require.Equal(t, c.earlier, s.Name, c)
	}
	_, err := Running(window(t, "30d"), day(t, "2026-10-01"), 1, false)
	require.ErrorContains(t, err, `window: "30d": a report is of a day, week, month`)
}

func TestWhetherAPeriodHasBegunOrIsOver(t *testing.T) {
	month, err := ParseSpan("2026-10", "")
	require.NoError(t, err)
	cycle, err := ParseSpan("2026-10", "cycle")
	require.NoError(t, err)
	for today, want := range map[string][3]bool{ // begun, over, a cycle over
		"2026-09-30": {false, false, false}, "2026-10-01": {true, false, false}, "2026-10-31": {true, false, false},
		"2026-11-01": {true, true, false}, "2026-11-30": {true, true, false}, "2026-12-01": {true, true, true},
	} {
		d := day(t, today)
		require.Equal(t, want, [3]bool{month.Begun(d), month.Over(d), cycle.Over(d)}, today)
	}
}
