// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

var quarters = []int64{500_000, 750_000, 900_000, 1_000_000}

// desk is an organization with one meter, whose figures are asked for by name.
type desk struct {
	t testing.TB
	*Organization
	last []usage.Figure
}

// newDesk is at noon of 10 May 2026.
func newDesk(t testing.TB, def usage.Meter) *desk {
	t.Helper()
	if def.Versions == nil {
		def.Versions = []usage.Version{{Classes: []usage.Class{{Billable: true}}}}
	}
	if def.Classes == nil {
		def.Classes = []string{""}
	}
	began := metertest.MinuteAt(t, "2026-05-10 12:00")
	d := meter.Definitions{Meters: []usage.Meter{def}, Past: 35 * period.MinutesPerDay, Birth: began, Began: began.Ns(), Silence: int64(time.Hour)}
	return &desk{t: t, Organization: New("acme", share(t, d), calendar.New(nil, 1), began.Ns())}
}

func (d *desk) consume(at string, units float64) {
	now := metertest.MinuteAt(d.t, at).Ns()
	d.Advance(now, true)
	d.Apply(&meter.Event{Time: now, User: meter.NoUser, Effects: []meter.Effect{{Kind: usage.Consume, Value: int64(math.Round(units * usage.Micro))}}})
}

func (d *desk) collect(at string) {
	figures, ok := d.Collect(metertest.MinuteAt(d.t, at))
	require.True(d.t, ok, at)
	d.last = figures
}

// figure returns the value of the series that has these labels, as name, value
// pairs.
func (d *desk) figure(name string, labels ...string) (value float64, exists bool) {
	for _, f := range d.last {
		if f.Series.Name != name {
			continue
		}
		has := map[string]string{}
		for _, l := range f.Series.Labels {
			has[l.Name] = l.Value
		}
		all := true
		for i := 0; i < len(labels); i += 2 {
			all = all && has[labels[i]] == labels[i+1]
		}
		if all {
			require.False(d.t, exists, "%s %v: several", name, labels)
			value, exists = f.Value, true
		}
	}
	return value, exists
}

func (d *desk) require(want float64, name string, labels ...string) {
	d.t.Helper()
	got, exists := d.figure(name, labels...)
	require.True(d.t, exists, "%s %v", name, labels)
	require.Equal(d.t, want, got, "%s %v", name, labels)
}

func TestTheQuotaVector(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "test", "sim", "testdata", "vectors", "s0-quota.json"))
	require.NoError(t, err)
	var vector struct {
		Cases []struct {
			Used, Limit, Overage float64
			Status               string
			Reached              []float64
			Exceeded             bool
		}
	}
	require.NoError(t, json.Unmarshal(raw, &vector))
	require.NotEmpty(t, vector.Cases)
	bands := map[string]quota.Status{"under": quota.UnderQuota, "moderate": quota.ModerateUse, "high": quota.HighUse, "at_or_over": quota.AtOrOverQuota}
	for _, c := range vector.Cases {
		d := newDesk(t, *metertest.ConsumptionMeter(t, "month"))
		d.SetQuotas([]quota.Quota{{Window: metertest.MustWindows(t, "month")[0], Limit: metertest.Units(int64(c.Limit)), Thresholds: quarters}})
		d.consume("2026-05-10 12:01", c.Used)
		d.collect("2026-05-10 12:02")
		d.require(c.Limit, "usage_quota_limit")
		d.require(c.Used, "usage_quota_used")
		d.require(c.Overage, "usage_quota_overage")
		d.require(max(0, c.Limit-c.Used), "usage_quota_remaining")
		d.require(float64(bands[c.Status]), "usage_quota_status")
		ratio, _ := d.figure("usage_quota_ratio")
		require.Equal(t, c.Exceeded, ratio > 1, "%+v", c)
		reached := map[string]float64{"0.5": 0.5, "0.75": 0.75, "0.9": 0.9, "1": 1}
		for label, share := range reached {
			want := 0.0
			for _, r := range c.Reached {
				if r == share {
					want = 1
				}
			}
			d.require(want, "usage_quota_threshold_reached", "threshold", label)
			d.require(share, "usage_quota_threshold", "threshold", label)
		}
	}
}

func TestAQuotaComparesInIntegersOfAnySize(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	number := func() *big.Int {
		n := new(big.Int).Mul(big.NewInt(random.Int64()), big.NewInt(random.Int64()))
		return n.Rsh(n, uint(4+random.IntN(122)))
	}
	sum := func(n *big.Int) wide.Int {
		s, ok := wide.FromBig(n)
		require.True(t, ok)
		return s
	}
	for range 20_000 {
		used, limit, share := number(), number(), random.Int64N(10*usage.Micro)
		if random.IntN(4) == 0 {
			used.Div(used.Mul(limit, big.NewInt(share)), big.NewInt(quota.Whole)) // where the ratio is the share, or nearly
		}
		if random.IntN(9) == 0 {
			used.Neg(used)
		}
		q := quota.Quota{Limit: sum(limit)}
		if limit.Sign() == 0 {
			continue
		}
		left := new(big.Int).Mul(used, big.NewInt(quota.Whole))
		right := new(big.Int).Mul(big.NewInt(share), limit)
		require.Equal(t, left.Cmp(right), q.Compare(sum(used), share), "%d of %d at %d", used, limit, share)
		ratio, _ := new(big.Rat).SetFrac(used, limit).Float64()
		require.Equal(t, ratio, q.Ratio(sum(used)))
		rest := new(big.Int).Sub(limit, used)
		require.Equal(t, sum(rest).Max(wide.Int{}), q.Remaining(sum(used)))
		require.Equal(t, sum(rest.Neg(rest)).Max(wide.Int{}), q.Overage(sum(used)))
	}
}

// A quota of twenty million million, and items of one each.
func TestAQuotaBeyondWhatOneItemMayCarryIsReachedAndPassed(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "month")
	d := newDesk(t, *def)
	d.SetQuotas([]quota.Quota{{Window: def.Windows[0], Limit: metertest.Units(20_000_000_000_000), Thresholds: quarters}})
	for n := 1; n <= 25; n++ {
		at := fmt.Sprintf("2026-05-11 10:%02d", n)
		d.consume(at, 1e12)
		d.collect(at)
		d.require(float64(n)*1e12, "usage_quota_used")
		d.require(max(0, float64(20-n))*1e12, "usage_quota_remaining")
		d.require(max(0, float64(n-20))*1e12, "usage_quota_overage")
		d.require(float64(n)/20, "usage_quota_ratio")
		d.require(float64(series.Flag(n >= 18)), "usage_quota_threshold_reached", "threshold", "0.9")
	}
}

func TestAThresholdThatIsReachedStaysUntilTheRatioFallsBelowTheDeadBand(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "month")
	def.Corrections = true
	d := newDesk(t, *def)
	d.SetQuotas([]quota.Quota{{Window: def.Windows[0], Limit: metertest.Units(100), Thresholds: quarters}})
	minute := metertest.MinuteAt(t, "2026-05-10 12:00")
	for _, step := range []struct{ used, reached float64 }{
		{89.999999, 0}, {90, 1}, {89, 1}, {88, 1}, {87.999999, 0}, {88, 0}, {89.999999, 0}, {90, 1}, {120, 1}, {0, 0},
	} {
		had, _ := d.figure("usage_quota_used")
		minute++
		at := minute.Time().Format("2006-01-02 15:04")
		d.consume(at, step.used-had)
		d.collect(at)
		d.require(step.used, "usage_quota_used")
		d.require(step.reached, "usage_quota_threshold_reached", "threshold", "0.9")
	}
}

func TestAnewPeriodForgetsWhatWasReached(t *testing.T) {
	d := newDesk(t, *metertest.ConsumptionMeter(t, "day"))
	d.SetQuotas([]quota.Quota{{Window: metertest.MustWindows(t, "day")[0], Limit: metertest.Units(100), Thresholds: quarters}})
	d.consume("2026-05-10 12:01", 90)
	d.collect("2026-05-10 23:59")
	d.require(1, "usage_quota_threshold_reached", "threshold", "0.9")
	d.require(60, "usage_quota_time_remaining_seconds")
	d.collect("2026-05-11 00:00")
	d.require(0, "usage_quota_threshold_reached", "threshold", "0.9")
	d.require(24*3600, "usage_quota_time_remaining_seconds")
	d.consume("2026-05-11 00:01", 89)
	d.collect("2026-05-11 00:01")
	d.require(0, "usage_quota_threshold_reached", "threshold", "0.9")
}

func TestARollingQuotaHasNeitherEndNorProjection(t *testing.T) {
	d := newDesk(t, *metertest.ConsumptionMeter(t, "24h"))
	d.SetQuotas([]quota.Quota{{Window: metertest.MustWindows(t, "24h")[0], Limit: metertest.Units(100), Thresholds: quarters}})
	d.consume("2026-05-10 12:01", 90)
	d.collect("2026-05-10 12:02")
	d.require(90, "usage_quota_used")
	d.require(1, "usage_quota_threshold_reached", "threshold", "0.9")
	for _, name := range []string{"usage_quota_time_remaining_seconds", "usage_quota_exhaustion_timestamp_seconds", "usage_projected"} {
		_, exists := d.figure(name)
		require.False(t, exists, name)
	}
	d.collect("2026-05-11 12:01") // the event has left the window
	d.require(0, "usage_quota_threshold_reached", "threshold", "0.9")
}

func TestAChangedQuotaKeepsWhatItsThresholdsHaveReached(t *testing.T) {
	d := newDesk(t, *metertest.ConsumptionMeter(t, "month"))
	of := quota.Quota{Window: metertest.MustWindows(t, "month")[0], Limit: metertest.Units(100), Thresholds: quarters}
	require.True(t, d.SetQuotas([]quota.Quota{of}))
	require.False(t, d.SetQuotas([]quota.Quota{of}))
	d.consume("2026-05-10 12:01", 90)
	d.collect("2026-05-10 12:01")
	of.Limit, of.Thresholds = metertest.Units(102), []int64{890_000, 900_000}
	require.True(t, d.SetQuotas([]quota.Quota{of}))
	d.collect("2026-05-10 12:02")
	d.require(102, "usage_quota_limit")
	d.require(0, "usage_quota_threshold_reached", "threshold", "0.89") // 0.8824, and it never was
	d.require(1, "usage_quota_threshold_reached", "threshold", "0.9")  // within the dead band
	require.True(t, d.SetQuotas(nil))
	d.collect("2026-05-10 12:03")
	_, exists := d.figure("usage_quota_limit")
	require.False(t, exists)
}

// A collection that comes a moment after its minute judges what was used in
// that minute, in life and when it is applied again.
func TestACollectionAMomentLateJudgesItsOwnMinute(t *testing.T) {
	for _, keep := range []bool{true, false} {
		d := newDesk(t, *metertest.ConsumptionMeter(t, "month"))
		d.SetQuotas([]quota.Quota{{Window: metertest.MustWindows(t, "month")[0], Limit: metertest.Units(100), Thresholds: quarters}})
		d.consume("2026-05-10 12:01", 89)
		late := metertest.MinuteAt(t, "2026-05-10 12:02").Ns() + 1
		d.Advance(late, keep)
		d.Apply(&meter.Event{Time: late - 10, User: meter.NoUser, Effects: []meter.Effect{{Kind: usage.Consume, Value: 11 * usage.Micro}}})
		d.Collect(metertest.MinuteAt(t, "2026-05-10 12:02"))
		require.False(t, d.quotas.List[0].Reached[2])
		d.Collect(metertest.MinuteAt(t, "2026-05-10 12:03"))
		require.True(t, d.quotas.List[0].Reached[2])
	}
}

func share(t testing.TB, d meter.Definitions) *Shared {
	t.Helper()
	shared, err := Share(d, maphash.MakeSeed())
	require.NoError(t, err)
	return shared
}
