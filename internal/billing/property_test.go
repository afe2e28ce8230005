// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// drawn is an account with statements that are revised, and the months whose
// reports are delivered, in the order of delivery.
type drawn struct {
	*Account
	months []Month
}

var kinds = []usage.Kind{usage.Month, usage.Cycle, usage.Quarter, usage.Half, usage.Year}

// draw makes an account whose calendar may change on the way.
func draw(t *rapid.T, plans ...Plan) drawn {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland"}).Draw(t, "zone"))
	require.NoError(t, err)
	c := calendar.New(zone, rapid.IntRange(1, 31).Draw(t, "anchor"))
	begin := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	if rapid.Bool().Draw(t, "changes") {
		c = c.Change(begin.AddDate(0, 0, rapid.IntRange(0, 700).Draw(t, "change")), time.UTC, rapid.IntRange(1, 31).Draw(t, "new anchor"))
	}
	a := &Account{
		Organization: "acme", Digits: 2, Calendar: c, Plan: rapid.SampledFrom(plans).Draw(t, "plan"),
		TermStart:  usage.Date{Year: 2026, Month: time.Month(rapid.IntRange(1, 12).Draw(t, "term month")), Day: rapid.IntRange(1, 28).Draw(t, "term day")},
		TermMonths: 12, Delivered: map[Month]time.Time{},
	}
	for range rapid.IntRange(1, 2).Draw(t, "quotas") {
		q := Quota{Meter: "users", Window: rapid.SampledFrom(kinds).Draw(t, "window")}
		for p := c.Period(q.Window, begin); p.Start.Before(begin.AddDate(2, 0, 0)); p = c.Period(q.Window, p.End) {
			q.Windows = append(q.Windows, drawWindow(t, p))
		}
		a.Quotas = append(a.Quotas, q)
	}
	return drawn{a, deliveries(t, a)}
}

func drawWindow(t *rapid.T, p calendar.Period) Window {
	w := Window{
		Period: p, Limit: wide.Of(rapid.Int64Range(0, 200_000_000).Draw(t, "limit")),
		Price: decimal.New(rapid.Int64Range(0, 100_000).Draw(t, "price"), -4),
	}
	made := p.End
	for n := range rapid.IntRange(1, 3).Draw(t, "versions") {
		made = made.Add(time.Duration(rapid.IntRange(1, 60*24).Draw(t, "made")) * time.Hour)
		w.Versions = append(w.Versions, Version{Number: uint32(n + 1), Made: made, Used: wide.Of(rapid.Int64Range(0, 300_000_000).Draw(t, "used"))})
	}
	return w
}

// deliveries delivers the reports of 30 months, some late, some together, some
// out of order.
func deliveries(t *rapid.T, a *Account) []Month {
	var all []delivery
	for i := range 30 {
		begin := time.Date(2026, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)
		d := delivery{Month{begin.Year(), begin.Month()}, begin.AddDate(0, 1, 4+30*rapid.IntRange(0, 3).Draw(t, "late"))}
		a.Delivered[d.month] = d.at
		all = append(all, d)
	}
	slices.SortFunc(all, func(x, y delivery) int {
		if x.before(y) {
			return -1
		}
		return 1
	})
	months := make([]Month, len(all))
	for i, d := range all {
		months[i] = d.month
	}
	return months
}

// billed adds up what the reports of some months charge, by quota and start of
// the window.
func (d drawn) billed(t require.TestingT, months []Month) map[calendar.Period]decimal.Decimal {
	sums := map[calendar.Period]decimal.Decimal{}
	for _, m := range months {
		r, err := d.Report(m, d.Delivered[m])
		require.NoError(t, err)
		total := decimal.Zero
		for _, row := range r.Rows {
			sums[row.Period] = sums[row.Period].Add(row.Amount)
			total = total.Add(row.Total)
		}
		for _, l := range r.Adjustments {
			sums[l.Period] = sums[l.Period].Add(l.Amount)
			total = total.Add(l.Amount)
		}
		require.True(t, total.Equal(r.Total))
	}
	return sums
}

// fromScratch is what the windows of delivered reports cost by the versions
// that are current at the last of the deliveries.
func (d drawn) fromScratch(months []Month) map[calendar.Period]decimal.Decimal {
	sums := map[calendar.Period]decimal.Decimal{}
	for i := range d.Quotas {
		q := &d.Quotas[i]
		charges := d.charges(q, d.Delivered[months[len(months)-1]])
		for j, w := range q.Windows {
			if slices.Contains(months, ends(d.Calendar, q.Window, w.Period)) {
				sums[w.Period] = sums[w.Period].Add(charges[j].Amount)
			}
		}
	}
	return sums
}

func requireSame(t require.TestingT, want, got map[calendar.Period]decimal.Decimal) {
	for p, amount := range want {
		require.True(t, amount.Equal(got[p]), "%v: %s, not %s", p, got[p], amount)
	}
	for p, amount := range got {
		require.True(t, amount.Equal(want[p]), "%v: %s, not %s", p, amount, want[p])
	}
}

func TestWhatIsBilledIsAlwaysWhatIsOwedFromScratch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, Traditional, Fair)
		n := rapid.IntRange(1, len(d.months)).Draw(t, "delivered")
		for _, m := range d.months[n:] {
			delete(d.Delivered, m)
		}
		requireSame(t, d.fromScratch(d.months[:n]), d.billed(t, d.months[:n]))
	})
}

func TestTheOrderOfRevisionsDoesNotChangeWhatIsBilledInTheEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, Traditional, Fair)
		want := d.billed(t, d.months)
		for i := range d.Quotas {
			for _, w := range d.Quotas[i].Windows {
				end := len(w.Versions) - 1
				if w.Versions[end].Made.After(d.Delivered[d.months[len(d.months)-1]]) {
					continue
				}
				for j, k := range rapid.Permutation([]int{0, 1}).Draw(t, "order") {
					if j < end && k < end {
						w.Versions[j].Used, w.Versions[k].Used = w.Versions[k].Used, w.Versions[j].Used
					}
				}
			}
		}
		requireSame(t, want, d.billed(t, d.months))
	})
}

func TestTraditionalIsTheSumOverWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, Traditional)
		d.TermStart, d.TermMonths = usage.Date{}, 0
		at := d.Delivered[d.months[len(d.months)-1]]
		for i := range d.Quotas {
			q := &d.Quotas[i]
			for j, c := range d.charges(q, at) {
				want := decimal.Zero
				if v := q.Windows[j].at(at); v != nil && v.Used.Cmp(q.Windows[j].Limit) > 0 {
					want = decimal.NewFromBigInt(v.Used.Sub(q.Windows[j].Limit).Big(), -6).Mul(q.Windows[j].Price).RoundBank(2)
				}
				require.True(t, want.Equal(c.Amount), "%s, not %s", c.Amount, want)
			}
		}
	})
}

// Each user above the limit is paid from the first window that has as many to
// the end of the term, and for no window twice.
func TestFairPaysEachUserAndWindowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t, Fair)
		q := &d.Quotas[0]
		for i := range q.Windows {
			w := &q.Windows[i]
			w.Limit = units(0)
			w.Versions = []Version{{Number: 1, Made: w.End, Used: units(rapid.Int64Range(0, 12).Draw(t, "users"))}}
		}
		length := d.TermMonths / q.Window.Months()
		paid := map[[2]int]bool{} // user and window of the term
		for i, c := range d.charges(q, q.Windows[len(q.Windows)-1].End) {
			if c.Windows == 0 {
				continue // before the first term
			}
			if c.Windows == length {
				clear(paid)
			}
			flex, charged := int(c.Flex.Over(usage.Micro)), int(c.Charged.Over(usage.Micro))
			for user := flex - charged; user < flex; user++ {
				for window := length - c.Windows; window < length; window++ {
					require.False(t, paid[[2]int{user, window}], "user %d of window %d is paid twice", user, window)
					paid[[2]int{user, window}] = true
				}
			}
			for user := range flex {
				require.True(t, paid[[2]int{user, length - c.Windows}], "user %d of the %d. window is not paid", user, i)
			}
		}
	})
}
