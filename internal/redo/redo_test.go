// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// ofLedger and ofOrganization are how the two kinds of entries are written.
type (
	ofLedger       interface{ Append(e *wire.Encoder) }
	ofOrganization interface {
		Append(e *wire.Encoder, organization uint32)
	}
)

// entries has at least one of each type, with its number.
func entries() []struct {
	number uint64
	entry  Entry
} {
	logon := meter.Effect{Kind: usage.Concurrent, Meter: 2, Roles: usage.RoleLogon}
	month, _ := usage.ParseWindow("month")
	return []struct {
		number uint64
		entry  Entry
	}{
		{1, &Arrival{noon.UnixNano()}},
		{2, &Open{"Europe/Berlin", 31}},
		{3, &Value{Meter: 1, Breakdown: 2, Name: "de"}},
		{4, &Key{"facebook"}},
		{5, &Event{Signal: usage.Traces, Event: meter.Event{Time: noon.UnixNano(), User: 7, Effects: []meter.Effect{logon}}, UID: usage.UID{1, 1 << 63}, Summed: true}},
		{5, &Event{Event: meter.Event{Time: -1, User: meter.NoUser, Effects: []meter.Effect{
			{Kind: usage.Consume, Meter: 3, Value: -5, ByUser: true, Dims: []uint32{0, 9}, Averages: []usage.Average{{Value: 4, Set: true}}},
			{Kind: usage.Lifecycle, Status: usage.Removed},
		}}}},
		{6, &Count{Signal: usage.Metrics, Outcome: usage.Late}},
		{7, &Refuse{Meter: 65535, Reason: usage.ReasonUsers}},
		{8, &Incomplete{Meter: 3}},
		{9, &Collect{At: 29_000_000}},
		{10, &Recover{meter.Outage{Down: 5, Up: 6}}},
		{11, &Calendar{At: noon.UnixNano() + 1, To: calendar.Entry{From: noon.Unix(), Zone: "Asia/Tokyo", Anchor: 3, Clips: true}}},
		{11, &Calendar{At: noon.UnixNano(), To: calendar.Entry{From: noon.Unix(), Zone: "UTC", Anchor: 31}}},
		{12, &Quotas{[]quota.Quota{{Meter: 1, Window: month, Limit: wide.Of(1_000_000), Thresholds: []int64{800_000, 1_000_000}}}}},
		{12, &Quotas{}},
		{13, &Terms{Meter: 1, Window: usage.Cycle, Terms: &closing.Terms{Limit: wide.Of(9), Price: "0.5", Currency: "EUR"}}},
		{13, &Terms{Meter: 1, Window: usage.Day}},
		{14, &Sampled{Meter: 4}},
		{15, &ForgetName{"ann@example.org"}},
		{16, &First{User: 3, Time: noon.UnixNano() + 5, Signal: usage.Traces, Action: "course.accessed", UID: "8f7d", Of: []FirstOf{{Meter: 2, Class: 1, Version: 3}, {Meter: 7}}}},
	}
}

func written(t *testing.T, x Entry, organization uint32) []byte {
	t.Helper()
	var e wire.Encoder
	switch x := x.(type) {
	case ofLedger:
		x.Append(&e)
	case ofOrganization:
		x.Append(&e, organization)
	default:
		t.Fatalf("%T cannot be written", x)
	}
	return e.Bytes
}

func TestEntriesAreReadAsTheyWereWritten(t *testing.T) {
	numbers := map[uint64]bool{}
	var used Reading // again and again
	for _, of := range entries() {
		numbers[of.number] = true
		var r Reading
		row := written(t, of.entry, 300)
		d := &wire.Decoder{Bytes: append(row, "behind"...)}
		require.NoError(t, r.Read(d), "%T", of.entry)
		require.Equal(t, "behind", string(d.Bytes), "%T", of.entry)
		require.Equal(t, of.entry, r.Entry)
		require.NoError(t, used.Read(&wire.Decoder{Bytes: row}), "%T", of.entry)
		require.Equal(t, row, written(t, used.Entry, 300), "%T: equal entries give equal bytes", of.entry)
		require.Equal(t, of.number, (&wire.Decoder{Bytes: row}).Uint(), "%T: numbers are written", of.entry)
		if _, is := of.entry.(ofLedger); is {
			require.Zero(t, r.Organization, "%T", of.entry)
		} else {
			require.Equal(t, uint32(300), r.Organization, "%T", of.entry)
		}
		for n := range row {
			require.Error(t, r.Read(&wire.Decoder{Bytes: row[:n]}), "%T cut at byte %d", of.entry, n)
		}
	}
	for number := range uint64(32) {
		require.Equal(t, used.blank(number) != nil, numbers[number], "entry of kind %d is not tested, or there is none", number)
	}
}

func TestWhatNoProgramWroteIsRefused(t *testing.T) {
	for name, row := range map[string][]byte{
		"kind":         {16},
		"organization": {count, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 1},
		"signal":       {count, 0, 3, 1},
		"outcome":      {count, 0, 0, 9},
		"window":       {terms, 0, 1, byte(usage.Rolling), 0},
		"quota":        {quotas, 0, 1, 0, 1, 'x', 0, 0},
	} {
		var r Reading
		require.Error(t, r.Read(&wire.Decoder{Bytes: row}), name)
	}
}

// Restarts read millions of events, and of items that no meter took.
func TestReadingEventsAllocatesNothing(t *testing.T) {
	var rows []byte
	for _, of := range entries() {
		switch of.entry.(type) {
		case *Arrival, *Event, *Count:
			rows = append(rows, written(t, of.entry, 1)...)
		}
	}
	var r Reading
	var d wire.Decoder
	read := func() {
		for d.Bytes = rows; len(d.Bytes) > 0; {
			if err := r.Read(&d); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	require.Zero(t, testing.AllocsPerRun(10, read))
}

func FuzzRead(f *testing.F) {
	for _, of := range entries() {
		var e wire.Encoder
		switch x := of.entry.(type) {
		case ofLedger:
			x.Append(&e)
		case ofOrganization:
			x.Append(&e, 2)
		}
		f.Add(e.Bytes)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r, again Reading
		for d := (&wire.Decoder{Bytes: data}); len(d.Bytes) > 0; {
			if r.Read(d) != nil {
				return
			}
			row := written(t, r.Entry, r.Organization)
			if err := again.Read(&wire.Decoder{Bytes: row}); err != nil {
				t.Fatalf("%T was read, and cannot be read again once it is written: %v", r.Entry, err)
			}
			require.Equal(t, row, written(t, again.Entry, again.Organization))
		}
	})
}
