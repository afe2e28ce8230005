// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// manyMeters are as those of config/default.yaml.
func manyMeters(t testing.TB) meter.Definitions {
	t.Helper()
	began := metertest.MinuteAt(t, "2026-11-01 00:00")
	class := func(names ...string) (classes []usage.Class) {
		for range names {
			classes = append(classes, usage.Class{Billable: true})
		}
		return classes
	}
	m := func(name string, of usage.MeterType, windows string, classes ...string) usage.Meter {
		return usage.Meter{Name: name, Type: of, Windows: metertest.MustWindows(t, windows), Classes: classes, Versions: []usage.Version{{Classes: class(classes...)}}}
	}
	d := meter.Definitions{Past: 35 * period.MinutesPerDay, Grace: 3 * period.MinutesPerDay, Birth: began, Began: began.Ns(), Silence: int64(time.Hour), Meters: []usage.Meter{
		m("active_learners", usage.ActiveUsers, "day week month quarter 24h 7d 30d", ""),
		m("workspace_users", usage.ActiveUsers, "day week month 7d 30d", "onboarded", "anonymous", "email"),
		m("product_users", usage.ActiveUsers, "day month 30d", ""),
		m("operators", usage.ConcurrentUsers, "day month half 182d", ""),
		m("transcription_minutes", usage.Consumption, "day month cycle", ""),
		m("documents", usage.Consumption, "day month cycle", ""),
	}}
	d.Meters[1].Breakdowns = []usage.Breakdown{{Dimension: "feature", Values: []string{"share", "read", "invite"}}}
	d.Meters[2].Breakdowns = []usage.Breakdown{{Dimension: "feature", Values: []string{"transcription", "captions", "translation", "glossaries", "custom_models", "api"}}}
	d.Meters[3].SampleInterval, d.Meters[3].IdleTimeout, d.Meters[3].Settle = 15*time.Minute, 30*time.Minute, time.Minute
	d.Meters[4].Averages = []usage.AverageOf{{Name: "accuracy"}}
	d.Meters[4].Breakdowns = []usage.Breakdown{{Dimension: "language"}, {Dimension: "model"}}
	d.Meters[4].ByUser = &usage.ByUser{Top: 10}
	d.Meters[5].Averages = []usage.AverageOf{{Name: "length"}}
	d.Meters[5].Breakdowns = []usage.Breakdown{{Dimension: "kind"}, {Dimension: "format"}}
	return d
}

// BenchmarkMemory tells what an organization of the meters of config/default.yaml
// keeps: one that has counted nothing, and one with an item of one user, as they are
// made, when a day of collections has passed, and when they are read from their
// state.
func BenchmarkMemory(b *testing.B) {
	for _, items := range []int{0, 1} {
		for _, way := range []string{"made", "collected", "restored"} {
			b.Run(fmt.Sprint("items=", items, "/", way), func(b *testing.B) {
				const n = 2000
				d := share(b, manyMeters(b))
				var kept, state uint64
				for b.Loop() {
					all := make([]*Organization, n)
					before := heap()
					for i := range all {
						all[i] = one(b, d, i, items, way)
					}
					kept = heap() - before
					var e wire.Encoder
					for _, o := range all {
						o.Encode(&e)
					}
					state = uint64(len(e.Bytes))
				}
				b.ReportMetric(float64(kept)/n, "B/organization")
				b.ReportMetric(float64(state)/n, "B-encoded/organization")
			})
		}
	}
}

// one returns an organization with one item at the most.
func one(t testing.TB, d *Shared, i, items int, way string) *Organization {
	t.Helper()
	now := metertest.MinuteAt(t, "2026-11-20 12:00")
	o := New(fmt.Sprint("customer-", i), d, calendar.New(time.UTC, 1), now.Ns())
	if items > 0 {
		o.Advance(now.Ns()+1, false)
		user := o.Blocks().Insert(uint64(i)<<32 + 1)
		o.Apply(&meter.Event{Time: now.Ns(), User: user, Effects: []meter.Effect{{Kind: usage.Active, Meter: 0}}})
	}
	if way == "made" {
		return o
	}
	for range 24 {
		now += period.MinutesPerHour
		o.Collect(now)
	}
	if way == "collected" {
		return o
	}
	return readBack(t, d, o)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
