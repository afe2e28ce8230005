// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// activity is what people did: what they made, who came, what they use.
func (b *builder) activity() {
	b.add(b.events())
	b.add(b.signUps())
	b.add(b.activeUsers())
	b.add(b.concurrentUsers())
	for _, s := range b.breakdowns() { // documents by format, accuracy by model, adoption by feature
		b.add(s)
	}
}

// events is how often something happened, of each meter that sums.
func (b *builder) events() Section {
	var rows [][]Cell
	b.eachMeter(func(o *Organization, m *Meter) {
		if m.Type != usage.Consumption {
			return
		}
		var events wide.Int
		averages := map[string]*mean{}
		var names []string
		for i := range m.Figures {
			f := &m.Figures[i]
			switch {
			case f.Label("dimension") != "":
			case f.Name == "usage_consumption_events":
				events = f.Value
			case f.Name == "usage_average_sum" || f.Name == "usage_average_count":
				name := f.Label("average")
				if averages[name] == nil {
					averages[name] = &mean{}
					names = append(names, name)
				}
				averages[name].add(f)
			}
		}
		var said []string
		for _, name := range names {
			if c := averages[name].cell(); !c.Empty() {
				said = append(said, strings.ReplaceAll(name, "_", " ")+" "+c.Text)
			}
		}
		rows = append(rows, slices.Concat(organizationCells(o), b.meterCells(m.Name), []Cell{
			whole(events), amount(m.Used, unitOf(m)), perEvent(m, events), amountIf(m.Before, unitOf(m)), change(m.Used, m.Before), text(strings.Join(said, ", ")),
		}))
	})
	return Section{
		Name: "events", Title: "What was made and used", Note: "Events are what happened: transcriptions, documents, calls. " + b.compared(),
		Columns: slices.Concat(organizationColumns, meterColumns, []Column{
			{Name: "events", Title: "Events", Type: Count}, {Name: "amount", Title: "Amount", Type: Amount}, {Name: "amount_per_event", Title: "Amount per event", Type: Amount},
			{Name: "before", Title: "Amount before", Type: Amount}, {Name: "change", Title: "Change", Type: Share}, {Name: "averages", Title: "Averages"},
		}),
		Rows: Listed(rows), Empty: "No organization of this report has a meter that sums.",
	}
}

func perEvent(m *Meter, events wide.Int) Cell {
	c := (&mean{m.Used, events}).cell()
	c.Unit = unitOf(m)
	return c
}

var statuses = []string{"registered", "suspended", "removed", "standing"}

func (b *builder) signUps() Section {
	var rows [][]Cell
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		if o.Registered == nil && o.SignUps <= 0 {
			continue
		}
		row := organizationCells(o)
		if o.SignUps < 0 {
			row = append(row, Cell{})
		} else {
			row = append(row, count(o.SignUps))
		}
		all := int64(0)
		for _, s := range statuses {
			if o.Registered == nil {
				row = append(row, Cell{})
				continue
			}
			row = append(row, count(o.Registered[s]))
			all += o.Registered[s]
		}
		if o.Registered == nil {
			row = append(row, Cell{})
		} else {
			row = append(row, count(all))
		}
		rows = append(rows, row)
	}
	columns := slices.Concat(organizationColumns, []Column{{Name: "sign_ups", Title: "Sign-ups", Type: Count}})
	for _, s := range statuses {
		columns = append(columns, Column{Name: s, Title: strings.ToUpper(s[:1]) + s[1:], Type: Count})
	}
	return Section{
		Name: "sign_ups", Title: "Sign-ups and registered users",
		Note:    "A sign-up is a user's first registration ever, in the period. Registered users are those at the period's end; standing are those without a status who ever had a standing activity.",
		Columns: append(columns, Column{Name: "total", Title: "Total registered", Type: Count}),
		Rows:    Listed(rows), Empty: "No organization of this report registers its users.",
	}
}

// activeUsers is how many came, by class.
func (b *builder) activeUsers() Section {
	var rows [][]Cell
	b.eachMeter(func(o *Organization, m *Meter) {
		if m.Type != usage.ActiveUsers {
			return
		}
		all := m.all()
		for i := range m.Figures {
			f := &m.Figures[i]
			if f.Name != "usage_active_users" {
				continue
			}
			class := f.Label("class")
			billable := yesNo(class == "" || f.Label("billable") == "true")
			rows = append(rows, slices.Concat(organizationCells(o), b.meterCells(m.Name), []Cell{text(class), billable, whole(f.Value), ratio(f.Value, all)}))
		}
	})
	return Section{
		Name: "active_users", Title: "Active users",
		Columns: slices.Concat(organizationColumns, meterColumns, []Column{
			{Name: "class", Title: "Class"}, {Name: "billable", Title: "Billable"}, {Name: "users", Title: "Users", Type: Count}, {Name: "share", Title: "Share", Type: Share},
		}),
		Rows: Listed(rows), Empty: "No organization of this report has a meter of active users.",
	}
}

// concurrentColumns are the figures of a meter of concurrent users, by column.
var concurrentColumns = []struct{ name, title, series string }{
	{"peak", "Peak of connected users", "usage_concurrent_users_peak"},
	{"peak_hits", "Samples at it", "usage_concurrent_users_peak_hits"},
	{"net_peak", "Peak without hand-over", "usage_concurrent_users_net_peak"},
	{"net_peak_hits", "Samples at it", "usage_concurrent_users_net_peak_hits"},
	{"hour_peak", "Busiest hour", "usage_hour_users_peak"},
	{"hour_peak_hits", "Hours at it", "usage_hour_users_peak_hits"},
}

func (b *builder) concurrentUsers() Section {
	var rows [][]Cell
	b.eachMeter(func(o *Organization, m *Meter) {
		if m.Type != usage.ConcurrentUsers {
			return
		}
		row := slices.Concat(organizationCells(o), b.meterCells(m.Name))
		for _, c := range concurrentColumns {
			i := slices.IndexFunc(m.Figures, func(f Figure) bool { return f.Name == c.series })
			if i < 0 {
				row = append(row, Cell{})
			} else {
				row = append(row, whole(m.Figures[i].Value))
			}
		}
		rows = append(rows, append(row, amountIf(m.Before, ""), change(m.Used, m.Before)))
	})
	columns := slices.Concat(organizationColumns, meterColumns)
	for _, c := range concurrentColumns {
		columns = append(columns, Column{Name: c.name, Title: c.title, Type: Count})
	}
	return Section{
		Name: "concurrent_users", Title: "Concurrent users", Note: "The busiest hour is what a licence counts. Without hand-over: the overlap of a shift change is taken off.",
		Columns: append(columns, Column{Name: "before", Title: "Busiest hour before", Type: Count}, Column{Name: "change", Title: "Change", Type: Share}),
		Rows:    Listed(rows), Empty: "No organization of this report has a meter of concurrent users.",
	}
}
