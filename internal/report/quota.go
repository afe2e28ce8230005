// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// quotas is how each quota stands, those that need attention first.
func (b *builder) quotas() Section {
	type standing struct {
		o *Organization
		m *Meter
		q *Quota
	}
	var all []standing
	b.eachMeter(func(o *Organization, m *Meter) {
		for i := range m.Quotas {
			all = append(all, standing{o, m, &m.Quotas[i]})
		}
	})
	slices.SortStableFunc(all, func(x, y standing) int { return fuller(x.q, y.q) })
	var rows [][]Cell
	for _, s := range all {
		q, unit := s.q, unitOf(s.m)
		days := Cell{}
		if q.Left > 0 {
			days = Cell{Text: decimalOfInt(int(q.Left.Hours())).DivRound(decimalOfInt(24), 1).String()}
		}
		none := wide.Int{}
		rows = append(rows, slices.Concat(organizationCells(s.o), b.meterCells(s.m.Name), []Cell{
			text(q.Window), amount(q.Limit, unit), amount(q.Used, unit), ratio(q.Used, q.Limit),
			amount(q.Limit.Sub(q.Used).Max(none), unit), amount(q.Used.Sub(q.Limit).Max(none), unit), text(q.Status()),
			days, amountIf(q.Projected, unit), instant(q.Exhausted, s.o.Zone), date(dateIn(s.o, q.Period.Start)), date(dateIn(s.o, q.Period.End)),
		}))
	}
	return Section{
		Name: "quotas", Title: "Quotas", Note: "Of a period that is over: quotas of all billing windows that ended in it. Under 50 % of its limit, moderate to 80 %, high to 95 %, at or over above.",
		Columns: slices.Concat(organizationColumns, meterColumns, []Column{
			{Name: "window", Title: "Window"}, {Name: "limit", Title: "Limit", Type: Amount}, {Name: "used", Title: "Used", Type: Amount}, {Name: "ratio", Title: "Share", Type: Share},
			{Name: "remaining", Title: "Remaining", Type: Amount}, {Name: "overage", Title: "Overage", Type: Amount}, {Name: "status", Title: "Status"},
			{Name: "days_left", Title: "Days left", Type: Number}, {Name: "projected", Title: "Forecast", Type: Amount}, {Name: "exhausted", Title: "Used up", Type: Instant},
			{Name: "start", Title: "From", Type: Date}, {Name: "end", Title: "To (not in it)", Type: Date},
		}),
		Rows: Listed(rows), Empty: "No organization of this report has a quota on this period.",
	}
}

// Status is how full a quota is: under, moderate, high or at_or_over.
func (q *Quota) Status() string {
	const percent = 100
	over := func(share uint64) int { return wide.CompareProducts(q.Used, percent, q.Limit, share) }
	switch {
	case q.Used.Sign() <= 0, over(50) < 0:
		return "under"
	case over(80) < 0:
		return "moderate"
	case over(95) <= 0:
		return "high"
	default:
		return "at_or_over"
	}
}

// fuller orders quotas by their ratio, the largest first.
func fuller(x, y *Quota) int {
	if none := x.Limit.Sign() == 0 || y.Limit.Sign() == 0; none { // a limit of 0 is passed by anything
		return y.empties() - x.empties()
	}
	return decimalOf(y.Used).Mul(decimalOf(x.Limit)).Cmp(decimalOf(x.Used).Mul(decimalOf(y.Limit)))
}

// empties is 1 where a limit of 0 is passed, -1 where it is kept, else 0.
func (q *Quota) empties() int {
	switch {
	case q.Limit.Sign() > 0:
		return 0
	case q.Used.Sign() > 0:
		return 1
	default:
		return -1
	}
}
