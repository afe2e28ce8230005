// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"slices"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// add takes a stored version, the first one with all that they share.
func (s *Statement) add(m *usage.Meter, r *Reader, v *closing.Statement) {
	if len(s.Versions) == 0 {
		s.Organization, s.Meter, s.Window = r.ID, m.Name, v.Kind.String()
		s.Start, s.End, s.Zone, s.Anchor = v.Start.Time(), v.End.Time(), v.Zone, v.Anchor
		s.Definition = m.Versions[v.Definition].EffectiveFrom
		if v.Terms != nil {
			s.Quota = &Quota{Limit: v.Terms.Limit, FlexPrice: v.Terms.Price, Currency: v.Terms.Currency}
		}
	}
	out := Version{Number: v.Version, Made: v.Made.Time()}
	for kind, n := range v.Reason {
		if n > 0 {
			out.Reason = append(out.Reason, Revised{meter.Change(kind).String(), n})
		}
	}
	f := figures{meter: m, names: r.Names, number: v.Meter, version: &out}
	switch m.Type {
	case usage.ActiveUsers:
		f.active(v)
	case usage.ConcurrentUsers:
		f.concurrent(v)
	case usage.Consumption:
		f.consumption(v)
	}
	s.Versions = append(s.Versions, out)
}

// figures turns what a row has into the figures of a version, zeros included.
type figures struct {
	meter   *usage.Meter
	names   Names
	number  uint16 // of the meter
	version *Version
}

func (f *figures) put(name string, value wide.Int, labels ...usage.Label) {
	f.version.Figures = append(f.version.Figures, Figure{Name: name, Labels: labels, Value: value})
}

// count returns a number of users or events, in millionths.
func count(n wide.Int) wide.Int {
	whole, _ := n.Int64() // events are counted one by one: it fits
	return wide.Product(whole, usage.Micro)
}

// total returns the columns of the whole meter.
func total(v *closing.Statement, width int) []wide.Int {
	columns := make([]wide.Int, width)
	for _, c := range v.Cells {
		if c.Breakdown == 0 && int(c.Column) < width {
			columns[c.Column] = c.N
		}
	}
	return columns
}

// value are the labels of a breakdown's value.
func (f *figures) value(c *meter.Cell) []usage.Label {
	return []usage.Label{
		{Name: "dimension", Value: f.meter.Breakdowns[c.Breakdown-1].Dimension},
		{Name: "dimension_value", Value: f.names.ValueName(f.number, int(c.Breakdown)-1, c.Value)},
	}
}

func (f *figures) active(v *closing.Statement) {
	counts := total(v, len(f.meter.Classes))
	for _, class := range f.meter.Versions[v.Definition].Classes {
		var labels []usage.Label
		if name := f.meter.Classes[class.Index]; name != "" {
			labels = []usage.Label{{Name: "class", Value: name}, {Name: "billable", Value: strconv.FormatBool(class.Billable)}}
		}
		users := count(counts[class.Index])
		f.put("usage_active_users", users, labels...)
		if class.Billable {
			f.version.Used = f.version.Used.Add(users)
		}
	}
	var registered [usage.NumStatuses]wide.Int
	for i := range v.Cells {
		switch c := &v.Cells[i]; {
		case c.IsRegistered():
			registered[c.Column] = c.N
		case c.Breakdown > 0:
			f.put("usage_active_users_breakdown", count(c.N), f.value(c)...)
		}
	}
	if v.Kind < usage.Month {
		return
	}
	for status, n := range registered {
		f.put("usage_registered_users", count(n), usage.Label{Name: "status", Value: closing.StatusLabel(usage.Status(status))})
	}
}

func (f *figures) concurrent(v *closing.Statement) {
	columns := total(v, meter.NetHits+1)
	f.put("usage_concurrent_users_peak", count(columns[meter.SamplePeak]))
	f.put("usage_concurrent_users_peak_hits", count(columns[meter.SampleHits]))
	// A sample with users has some of them net: a peak without one is of before
	// there was this figure, and stays so.
	if zero := (wide.Int{}); columns[meter.NetPeak] != zero || columns[meter.SamplePeak] == zero {
		f.put("usage_concurrent_users_net_peak", count(columns[meter.NetPeak]))
		f.put("usage_concurrent_users_net_peak_hits", count(columns[meter.NetHits]))
	}
	f.put("usage_hour_users_peak", count(columns[meter.HourPeak]))
	f.put("usage_hour_users_peak_hits", count(columns[meter.HourHits]))
	f.version.Used = count(columns[meter.HourPeak])
}

func (f *figures) consumption(v *closing.Statement) {
	width := 2 + 2*len(v.Averages)
	columns := total(v, width)
	f.version.Used = columns[0]
	f.put("usage_consumption", columns[0], usage.Label{Name: "unit", Value: f.meter.Unit})
	f.put("usage_consumption_events", count(columns[1]))
	f.averages(v, columns, nil)
	for i := 0; i < len(v.Cells); {
		first := &v.Cells[i]
		row := make([]wide.Int, width)
		for ; i < len(v.Cells) && v.Cells[i].Breakdown == first.Breakdown && v.Cells[i].Value == first.Value; i++ {
			row[v.Cells[i].Column] = v.Cells[i].N
		}
		if first.Breakdown > 0 {
			labels := f.value(first)
			f.put("usage_consumption_breakdown", row[0], labels...)
			f.averages(v, row, labels)
		}
	}
}

func (f *figures) averages(v *closing.Statement, row []wide.Int, of []usage.Label) {
	for i, name := range v.Averages {
		labels := slices.Concat(of, []usage.Label{{Name: "average", Value: name}})
		f.put("usage_average_sum", row[2+2*i], labels...)
		f.put("usage_average_count", count(row[3+2*i]), labels...)
	}
}
