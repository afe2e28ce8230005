// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// BenchmarkCollect is a collection of one organization with a meter of each
// kind and a quota on each, after fourteen months, per figure.
func BenchmarkCollect(b *testing.B) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(b, err)
	windows := metertest.MustWindows(b, "day week month cycle 30d")
	class := []usage.Version{{Classes: []usage.Class{{Billable: true}}}}
	began := metertest.MinuteAt(b, "2025-01-01 00:00")
	d := meter.Definitions{Past: 35 * period.MinutesPerDay, Birth: began, Began: began.Ns(), Silence: int64(time.Hour), Meters: []usage.Meter{
		{Name: "learners", Type: usage.ActiveUsers, Windows: windows, Classes: []string{""}, Versions: class},
		{Name: "operators", Type: usage.ConcurrentUsers, Windows: windows, Classes: []string{""}, Versions: class, SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute},
		{Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Versions: class},
	}}
	o := New("acme", share(b, d), calendar.New(berlin, 15), began.Ns())
	for user := range uint64(200) {
		o.Blocks().Insert(user)
	}
	var quotas []quota.Quota
	for i := range d.Meters {
		quotas = append(quotas, quota.Quota{Meter: uint16(i), Window: windows[2], Limit: metertest.Units(150), Thresholds: quarters})
	}
	o.SetQuotas(quotas)
	now := began
	for day := range period.Minute(430) {
		for n := range uint32(20) {
			now = began + day*period.MinutesPerDay + period.Minute(n)*30
			o.Advance(now.Ns(), false)
			o.Apply(&meter.Event{Time: now.Ns(), User: (uint32(day)*7 + n*3) % 200, Effects: []meter.Effect{
				{Kind: usage.Active}, {Kind: usage.Concurrent, Meter: 1, Roles: usage.RoleHourly | usage.RoleActivity}, {Kind: usage.Consume, Meter: 2, Value: usage.Micro},
			}})
		}
	}
	figures := 0
	for b.Loop() {
		now++
		f, _ := o.Collect(now)
		figures += len(f)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(figures), "ns/figure")
	b.ReportMetric(float64(figures)/float64(b.N), "figures")
}
