// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

var closingStart = time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)

// workspace is an organization with a meter of users, one of minutes and one
// of operators, each by day, week and month.
func workspace(t testing.TB, grace time.Duration) *Organization {
	t.Helper()
	var windows []usage.Window
	for _, name := range []string{"day", "week", "month", "30d"} {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	version := []usage.Version{{Classes: []usage.Class{{Index: 0, Billable: true}, {Index: 1}}}}
	breakdown := []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}}
	d := meter.Definitions{
		Meters: []usage.Meter{
			{Name: "users", Type: usage.ActiveUsers, Windows: windows, Classes: []string{"full", "guest"}, Versions: version, Breakdowns: breakdown},
			{Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Versions: version[:1], Breakdowns: breakdown, Averages: []usage.AverageOf{{Name: "accuracy"}}, Unit: "min"},
			{
				Name: "operators", Type: usage.ConcurrentUsers, Windows: windows, Classes: []string{""}, Versions: version[:1],
				SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
			},
		},
		Past: 35 * 24 * 60, Grace: period.Minute(grace / time.Minute), Birth: period.MinuteOf(closingStart), Began: closingStart.UnixNano(), ValuesPerDimension: 100,
	}
	return New("acme", share(t, d), calendar.New(time.UTC, 1), closingStart.UnixNano())
}

// live has users 0 to n-1 do something each day at noon, for so many days.
func live(o *Organization, n uint32, days int) {
	for user := range n {
		o.Blocks().Insert(uint64(user) * 0x9e3779b97f4a7c15)
	}
	for _, m := range []uint16{0, 1} {
		for value := range 20 {
			o.Value(m, 0, fmt.Sprint("v", value))
		}
	}
	for day := range days {
		now := closingStart.AddDate(0, 0, day).Add(12 * time.Hour).UnixNano()
		o.Advance(now, false)
		for user := range n {
			o.Apply(&meter.Event{Time: now, User: user, Effects: []meter.Effect{
				{Kind: usage.Active, Meter: 0, Class: uint8(user % 2), Dims: []uint32{2 + user%20}},
				{Kind: usage.Consume, Meter: 1, Value: 1_250_000, Dims: []uint32{2 + user%20}, Averages: []usage.Average{{Set: true, Value: 900_000}}},
				{Kind: usage.Concurrent, Meter: 2, Roles: usage.RoleActivity | usage.RoleHourly},
			}})
		}
	}
}

// However the clock is moved, the same statements are made at the same minutes.
func TestStatementsDoNotDependOnHowTheClockIsMoved(t *testing.T) {
	run := func(collect bool) []closing.Statement {
		o := workspace(t, 3*24*time.Hour)
		live(o, 10, 8)
		var made []closing.Statement
		now := closingStart.AddDate(0, 0, 8).UnixNano()
		for i := range 40 {
			at := now + int64(i)*int64(13*time.Minute) + 5e9
			for m := period.Ceil(at - int64(13*time.Minute)); collect && m.Ns() < at; m++ {
				o.Collect(m)
			}
			o.Advance(at, true)
			late := closingStart.AddDate(0, 0, i%4).Add(time.Duration(i) * time.Minute).UnixNano()
			user := uint32(i % 10)
			o.Apply(&meter.Event{Time: late, User: user, Effects: []meter.Effect{{Kind: usage.Active, Meter: 0, Class: 0, Dims: []uint32{3}}}})
			if i%7 == 0 { // ahead of the clock
				o.Apply(&meter.Event{Time: at + int64(3*time.Minute), User: user, Effects: []meter.Effect{{Kind: usage.Alias, Key: uint32((i + 1) % 10)}}})
			}
		}
		o.Advance(now+int64(48*time.Hour), false)
		return append(made, o.TakeStatements()...)
	}
	each, rarely := run(true), run(false)
	require.Equal(t, each, rarely)
	later := 0
	for _, s := range each {
		if s.Version > 1 {
			later++
		}
	}
	require.Greater(t, later, 10)
}

func TestAStatementIsReadAsItWasWritten(t *testing.T) {
	o := workspace(t, 0)
	o.SetTerms(0, usage.Day, &closing.Terms{Limit: metertest.Units(2000), Price: "3.50", Currency: "EUR"})
	live(o, 40, 3)
	all := o.TakeStatements()
	require.NotEmpty(t, all)
	for _, s := range all {
		var e wire.Encoder
		s.Encode(&e)
		read := closing.Statement{Meter: s.Meter, Kind: s.Kind, Start: s.Start, Version: s.Version}
		require.NoError(t, read.Decode(&wire.Decoder{Bytes: e.Bytes}))
		require.Equal(t, s, read)
		require.LessOrEqual(t, len(e.Bytes), 32+20*20, "20 values of four columns")
		for cut := range e.Bytes {
			require.Error(t, (&closing.Statement{Start: s.Start}).Decode(&wire.Decoder{Bytes: e.Bytes[:cut]}))
		}
	}
}

// What is known of closed periods outlives a restart at any moment.
func TestClosingsAreRestored(t *testing.T) {
	grown := func() *Organization {
		o := workspace(t, 24*time.Hour)
		o.SetTerms(1, usage.Week, &closing.Terms{Limit: metertest.Units(5)})
		live(o, 10, 20)
		o.Apply(&meter.Event{Time: closingStart.AddDate(0, 0, 14).UnixNano(), User: 3, Effects: []meter.Effect{{Kind: usage.Consume, Meter: 1, Value: 1, Dims: []uint32{2}, Averages: []usage.Average{{}}}}})
		return o
	}
	o, calm := grown(), grown()
	var e, c wire.Encoder
	o.Encode(&e)
	o.EncodeClosings(&c)
	again, err := Restore("acme", o.defs, o.users.Hashes(), e.Bytes)
	require.NoError(t, err)
	require.NoError(t, again.RestoreClosings(c.Bytes))
	savePages(o, func(page uint32, data []byte) {
		require.NoError(t, again.RestorePage(UsersOfAll, 0, page, data))
	})
	require.NoError(t, again.Restored())
	calm.TakeStatements()
	end := closingStart.AddDate(0, 0, 40).UnixNano()
	calm.Advance(end, false)
	again.Advance(end, false)
	want := calm.TakeStatements()
	require.Equal(t, want, again.TakeStatements())
	revised := 0
	for _, s := range want {
		if s.Version == 2 {
			revised++
			require.Equal(t, closing.Reason{meter.LateEvents: 1}, s.Reason)
		}
	}
	require.Equal(t, 2, revised, "the day and the week")
}

func FuzzStatementDecode(f *testing.F) {
	s := closing.Statement{Start: 1, End: 1441, Made: 5761, Zone: "Europe/Berlin", Anchor: 31, Terms: &closing.Terms{Limit: wide.Of(-1), Price: "0.08"}, Averages: []string{"accuracy"}, Reason: closing.Reason{1, 0, 2}, Cells: []meter.Cell{{N: wide.Of(3)}, {Column: 2, N: wide.Product(math.MaxInt64, -9)}, {Breakdown: 1, Value: 7, N: wide.Of(1)}}}
	var e wire.Encoder
	s.Encode(&e)
	f.Add(e.Bytes)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		var s, again closing.Statement
		if s.Decode(&wire.Decoder{Bytes: bytes}) != nil {
			return
		}
		var e wire.Encoder
		s.Encode(&e)
		require.NoError(t, again.Decode(&wire.Decoder{Bytes: e.Bytes}))
		require.Equal(t, s, again)
	})
}

func FuzzClosingsDecode(f *testing.F) {
	o := workspace(f, 0)
	o.SetTerms(0, usage.Month, &closing.Terms{Limit: metertest.Units(1)})
	live(o, 4, 5)
	o.Apply(&meter.Event{Time: closingStart.UnixNano(), User: 1, Effects: []meter.Effect{{Kind: usage.Active, Meter: 0, Class: 1, Dims: []uint32{0}}}})
	var e wire.Encoder
	o.EncodeClosings(&e)
	f.Add(e.Bytes)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if o.RestoreClosings(bytes) != nil {
			return
		}
		var e wire.Encoder
		o.EncodeClosings(&e)
		require.NoError(t, o.RestoreClosings(e.Bytes))
	})
}

// An alias is compared with every closed period that it may revise.
func BenchmarkAliasWithClosedPeriods(b *testing.B) {
	o := workspace(b, 3*24*time.Hour)
	live(o, 60, 36)
	users := uint32(60)
	for b.Loop() {
		o.Blocks().Insert(uint64(users) * 0x9e3779b97f4a7c15)
		o.Apply(&meter.Event{Time: o.Now() - 1, User: 1, Effects: []meter.Effect{{Kind: usage.Alias, Key: users}}})
		users++
	}
}

// An event that is late for closed periods.
func BenchmarkLateEvent(b *testing.B) {
	o := workspace(b, 3*24*time.Hour)
	live(o, 60, 36)
	late := closingStart.AddDate(0, 0, 20).UnixNano()
	for b.Loop() {
		o.Apply(&meter.Event{Time: late, User: 1, Effects: []meter.Effect{{Kind: usage.Active, Meter: 0, Class: 1, Dims: []uint32{3}}}})
	}
}
