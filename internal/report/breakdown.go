// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// breakdown is a meter by the values of a dimension, over all organizations.
type breakdown struct {
	meter, dimension, unit string
	users                  bool // a meter of users, whose values do not add up
	total                  wide.Int
	values                 []*valueAmount
	averages               []string
}

type valueAmount struct {
	value    string
	used     wide.Int
	averages map[string]*mean
}

// mean is the sum and the number of an averaged attribute.
type mean struct{ sum, n wide.Int }

func (m *mean) cell() Cell {
	if m == nil || m.n.Sign() == 0 {
		return Cell{}
	}
	return Cell{Text: decimalOf(m.sum).DivRound(decimalOf(m.n), 6).String()}
}

func (m *mean) add(f *Figure) {
	if f.Name == "usage_average_sum" {
		m.sum = m.sum.Add(f.Value)
	} else {
		m.n = m.n.Add(f.Value)
	}
}

// breakdowns returns a table for each dimension of each meter.
func (b *builder) breakdowns() []Section {
	var sections []Section
	for _, d := range b.split() {
		sections = append(sections, b.breakdownTable(d))
	}
	return sections
}

// split sums breakdowns over organizations. That of users by themselves is left
// out: it has a table of its own.
func (b *builder) split() []*breakdown {
	var all []*breakdown
	find := func(m *Meter, dimension string) *breakdown {
		i := slices.IndexFunc(all, func(d *breakdown) bool { return d.meter == m.Name && d.dimension == dimension })
		if i < 0 {
			all, i = append(all, &breakdown{meter: m.Name, dimension: dimension, unit: unitOf(m), users: m.Type == usage.ActiveUsers}), len(all)
		}
		return all[i]
	}
	b.eachMeter(func(_ *Organization, m *Meter) {
		totals := map[string]bool{}
		for i := range m.Figures {
			f := &m.Figures[i]
			dimension := f.Label("dimension")
			if dimension == "" {
				continue
			}
			d := find(m, dimension)
			if !totals[dimension] {
				totals[dimension], d.total = true, d.total.Add(m.all())
			}
			v := d.of(f.Label("dimension_value"))
			switch f.Name {
			case "usage_active_users_breakdown", "usage_consumption_breakdown":
				v.used = v.used.Add(f.Value)
			case "usage_average_sum", "usage_average_count":
				v.average(d, f)
			}
		}
	})
	for _, d := range all {
		slices.SortStableFunc(d.values, func(x, y *valueAmount) int { return cmp.Or(y.used.Cmp(x.used), strings.Compare(x.value, y.value)) })
	}
	slices.SortStableFunc(all, func(x, y *breakdown) int {
		return cmp.Or(strings.Compare(x.meter, y.meter), strings.Compare(x.dimension, y.dimension))
	})
	return all
}

// all is what a meter's breakdowns are shares of: users of all classes, or the
// sum.
func (m *Meter) all() wide.Int {
	if m.Type != usage.ActiveUsers {
		return m.Used
	}
	var n wide.Int
	for i := range m.Figures {
		if m.Figures[i].Name == "usage_active_users" {
			n = n.Add(m.Figures[i].Value)
		}
	}
	return n
}

func (d *breakdown) of(value string) *valueAmount {
	i := slices.IndexFunc(d.values, func(v *valueAmount) bool { return v.value == value })
	if i < 0 {
		d.values, i = append(d.values, &valueAmount{value: value, averages: map[string]*mean{}}), len(d.values)
	}
	return d.values[i]
}

func (v *valueAmount) average(d *breakdown, f *Figure) {
	name := f.Label("average")
	if v.averages[name] == nil {
		v.averages[name] = &mean{}
	}
	v.averages[name].add(f)
	if !slices.Contains(d.averages, name) {
		d.averages = append(d.averages, name)
	}
}

// valueTitle is what people call what has no value, or no place.
func valueTitle(value string) string {
	switch value {
	case usage.NoValue:
		return "(none)"
	case usage.OtherValue:
		return "(other)"
	default:
		return value
	}
}

func (b *builder) breakdownTable(d *breakdown) Section {
	dimension := b.in.Titles.Meter(d.dimension) // words and a capital, as of meters
	title := b.in.Titles.Meter(d.meter) + " by " + strings.ToLower(dimension)
	s := Section{
		Name: "by." + d.meter + "." + d.dimension, Title: title,
		Columns: []Column{{Name: "value", Title: dimension}, {Name: "used", Title: "Used", Type: Amount, Unit: d.unit}, {Name: "share", Title: "Share", Type: Share}},
		Empty:   "Nothing was used.",
		Chart:   &Chart{Kind: Ranks, Title: title, Label: 0, Values: []int{1}},
	}
	if d.users {
		s.Note = "Shares are of all active users. They do not add up to 100 %, since a user may stand under several."
	}
	slices.Sort(d.averages)
	for _, name := range d.averages {
		s.Columns = append(s.Columns, Column{Name: "average_" + name, Title: "Average " + strings.ReplaceAll(name, "_", " "), Type: Number})
	}
	var rows [][]Cell
	for _, v := range d.values {
		row := []Cell{text(valueTitle(v.value)), amount(v.used, d.unit), ratio(v.used, d.total)}
		for _, name := range d.averages {
			row = append(row, v.averages[name].cell())
		}
		rows = append(rows, row)
	}
	s.Rows = Listed(rows)
	return s
}
