// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// summary is the standard report: how much, compared with what, by whom, and
// what is left of it.
func (b *builder) summary() {
	totals := b.totals()
	b.add(b.totalsTable(totals))
	b.add(b.usageTable())
	b.add(b.quotas())
	for _, t := range totals {
		if len(b.in.Organizations) > 1 {
			b.add(b.topOrganizations(t))
		}
		if len(t.past) > 0 {
			b.add(b.history(t))
		}
		if len(t.days) > 1 {
			b.add(b.days(t))
		}
	}
	for _, s := range b.breakdowns() {
		b.add(s)
	}
	b.add(b.topUsers())
}

// usageTable is what each organization used by each meter.
func (b *builder) usageTable() Section {
	var rows [][]Cell
	b.eachMeter(func(o *Organization, m *Meter) {
		unit := unitOf(m)
		row := slices.Concat(organizationCells(o), b.meterCells(m.Name), []Cell{
			amount(m.Used, unit), amountIf(m.Before, unit), change(m.Used, m.Before), amountIf(m.YearAgo, unit), change(m.Used, m.YearAgo),
			amountIf(m.Projected, unit), date(dateIn(o, o.Period.Start)), date(dateIn(o, o.Period.End)), text(standing(o, m)),
		})
		rows = append(rows, row)
	})
	return Section{
		Name: "usage", Title: "Usage", Note: "Used is what a quota counts: users of billable classes, users of the busiest hour, or the sum. " + b.compared(),
		Columns: slices.Concat(organizationColumns, meterColumns, []Column{
			{Name: "used", Title: "Used", Type: Amount}, {Name: "before", Title: "Period before", Type: Amount}, {Name: "change", Title: "Change", Type: Share},
			{Name: "year_ago", Title: "Year ago", Type: Amount}, {Name: "change_year", Title: "Change in a year", Type: Share},
			{Name: "projected", Title: "Forecast", Type: Amount}, {Name: "start", Title: "From", Type: Date}, {Name: "end", Title: "To (not in it)", Type: Date},
			{Name: "state", Title: "State"},
		}),
		Rows: Listed(rows), Empty: "No organization has figures of this period.",
	}
}

func (b *builder) compared() string {
	if b.r.Period.Running {
		return "Earlier periods are compared at the same share of their time."
	}
	return "Whole periods are compared."
}

// standing says how final a meter's figures are.
func standing(o *Organization, m *Meter) string {
	switch {
	case o.Running:
		return "running"
	case m.Version == 0:
		return "not closed"
	default:
		return "closed"
	}
}

func dateIn(o *Organization, t time.Time) usage.Date {
	if t.IsZero() {
		return usage.Date{}
	}
	return usage.DateOf(t.In(o.Zone))
}

// total is a meter over all organizations of the report.
type total struct {
	meter, unit string
	used        wide.Int
	// before and yearAgo are nil where no organization knows it.
	before, yearAgo, projected *wide.Int
	past, days                 []Part
	by                         []organizationAmount
}

type organizationAmount struct {
	*Organization
	used wide.Int
}

// totals are in the order in which meters come first.
func (b *builder) totals() []*total {
	var all []*total
	byName := map[string]*total{}
	b.eachMeter(func(o *Organization, m *Meter) {
		t := byName[m.Name]
		if t == nil {
			t = &total{meter: m.Name, unit: unitOf(m)}
			byName[m.Name] = t
			all = append(all, t)
		}
		t.used = t.used.Add(m.Used)
		t.before, t.yearAgo, t.projected = plus(t.before, m.Before), plus(t.yearAgo, m.YearAgo), plus(t.projected, m.Projected)
		t.past, t.days = plusParts(t.past, m.Past), plusParts(t.days, m.Days)
		t.by = append(t.by, organizationAmount{o, m.Used})
	})
	return all
}

func plus(sum, more *wide.Int) *wide.Int {
	if more == nil {
		return sum
	}
	n := *more
	if sum != nil {
		n = n.Add(*sum)
	}
	return &n
}

// plusParts adds parts of time to others by their dates.
func plusParts(sum, more []Part) []Part {
	for _, p := range more {
		i, found := slices.BinarySearchFunc(sum, p, func(x, y Part) int { return x.Start.Compare(y.Start) })
		if found {
			sum[i].Used = sum[i].Used.Add(p.Used)
			continue
		}
		sum = slices.Insert(sum, i, p)
	}
	return sum
}

// peak is the largest day, the earliest on a tie; nil: no day has anything.
func (t *total) peak() *Part {
	var peak *Part
	for i := range t.days {
		if d := &t.days[i]; d.Used.Sign() > 0 && (peak == nil || d.Used.Cmp(peak.Used) > 0) {
			peak = d
		}
	}
	return peak
}

func (b *builder) totalsTable(totals []*total) Section {
	var rows [][]Cell
	for _, t := range totals {
		var day, most Cell
		if p := t.peak(); p != nil {
			day, most = date(p.Start), amount(p.Used, t.unit)
		}
		rows = append(rows, slices.Concat(b.meterCells(t.meter), []Cell{
			amount(t.used, t.unit), amountIf(t.before, t.unit), change(t.used, t.before), amountIf(t.yearAgo, t.unit), change(t.used, t.yearAgo),
			amountIf(t.projected, t.unit), b.average(t), day, most,
		}))
	}
	return Section{
		Name: "totals", Title: "Totals", Note: "Over all organizations of this report; the average has those that used nothing. The busiest day is of sums, by each organization's local days.",
		Columns: slices.Concat(meterColumns, []Column{
			{Name: "used", Title: "Used", Type: Amount}, {Name: "before", Title: "Period before", Type: Amount}, {Name: "change", Title: "Change", Type: Share},
			{Name: "year_ago", Title: "Year ago", Type: Amount}, {Name: "change_year", Title: "Change in a year", Type: Share},
			{Name: "projected", Title: "Forecast", Type: Amount}, {Name: "average", Title: "Average per organization", Type: Amount},
			{Name: "peak_day", Title: "Busiest day", Type: Date}, {Name: "peak_day_used", Title: "Used on it", Type: Amount},
		}),
		Rows: Listed(rows), Empty: "There is nothing to add up.",
	}
}

// average is per organization, rounded half even to two decimals.
func (b *builder) average(t *total) Cell {
	mean := decimalOf(t.used).DivRound(decimalOfInt(len(b.in.Organizations)), 8)
	return Cell{Text: mean.RoundBank(2).String(), Unit: t.unit}
}

const topOrganizations = 10

func (b *builder) topOrganizations(t *total) Section {
	by := slices.Clone(t.by)
	slices.SortStableFunc(by, func(x, y organizationAmount) int { return y.used.Cmp(x.used) })
	var rows [][]Cell
	for i, o := range by[:min(topOrganizations, len(by))] {
		if o.used.Sign() <= 0 {
			break
		}
		rows = append(rows, slices.Concat([]Cell{count(int64(i + 1))}, organizationCells(o.Organization), []Cell{amount(o.used, t.unit), ratio(o.used, t.used)}))
	}
	title := "Top organizations: " + b.in.Titles.Meter(t.meter)
	return Section{
		Name: "top_organizations." + t.meter, Title: title,
		Columns: slices.Concat([]Column{{Name: "rank", Title: "Rank", Type: Count}}, organizationColumns,
			[]Column{{Name: "used", Title: "Used", Type: Amount, Unit: t.unit}, {Name: "share", Title: "Share", Type: Share}}),
		Rows: Listed(rows), Empty: "No organization used it in this period.",
		Chart: &Chart{Kind: Ranks, Title: title, Label: 2, Values: []int{3}},
	}
}

func (b *builder) history(t *total) Section {
	var rows [][]Cell
	for i, p := range t.past {
		row := []Cell{date(p.Start), amount(p.Used, t.unit), {}}
		if i > 0 {
			row[2] = change(p.Used, &t.past[i-1].Used)
		}
		rows = append(rows, row)
	}
	title := b.in.Titles.Meter(t.meter) + " by " + strings.ToLower(b.in.Titles.Window(b.in.Period.Window))
	return Section{
		Name: "history." + t.meter, Title: title, Note: "Ended periods, this one included; at most twelve.",
		Columns: []Column{{Name: "start", Title: "From", Type: Date}, {Name: "used", Title: "Used", Type: Amount, Unit: t.unit}, {Name: "change", Title: "Change", Type: Share}},
		Rows:    Listed(rows), Empty: "No period has ended yet.",
		Chart: &Chart{Kind: Bars, Title: title, Label: 0, Values: []int{1}},
	}
}

func (b *builder) days(t *total) Section {
	var rows [][]Cell
	for _, d := range t.days {
		rows = append(rows, []Cell{date(d.Start), amount(d.Used, t.unit)})
	}
	title := b.in.Titles.Meter(t.meter) + " by day"
	return Section{
		Name: "days." + t.meter, Title: title,
		Columns: []Column{{Name: "day", Title: "Day", Type: Date}, {Name: "used", Title: "Used", Type: Amount, Unit: t.unit}},
		Rows:    Listed(rows), Empty: "No day is known.",
		Chart: &Chart{Kind: Bars, Title: title, Label: 0, Values: []int{1}},
	}
}

func (b *builder) topUsers() Section {
	var rows [][]Cell
	b.eachMeter(func(o *Organization, m *Meter) {
		for i, u := range m.TopUsers {
			rows = append(rows, slices.Concat(b.meterCells(m.Name), []Cell{count(int64(i + 1))}, organizationCells(o),
				[]Cell{text(u.User), amount(u.Used, unitOf(m)), ratio(u.Used, m.Used), instant(u.Last, o.Zone)}))
		}
	})
	return Section{
		Name: "top_users", Title: "Most active users", Note: "By pseudonym, unless the configuration reveals ids: docs/reports.md says how to see who it is.",
		Columns: slices.Concat(meterColumns, []Column{{Name: "rank", Title: "Rank", Type: Count}}, organizationColumns, []Column{
			{Name: "user", Title: "User"}, {Name: "used", Title: "Used", Type: Amount}, {Name: "share", Title: "Share", Type: Share}, {Name: "last_activity", Title: "Last activity", Type: Instant},
		}),
		Rows: Listed(rows), Empty: "Users are known for meters with a breakdown by user, of the running period and of the two before it.",
	}
}
