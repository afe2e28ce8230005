// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import "time"

// users is who counted, and why. It may be of millions, so that its rows are
// read from the ledger while they are written.
func (b *builder) users() {
	zones := map[string]*time.Location{}
	names := map[string]string{}
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		zones[o.ID], names[o.ID] = o.Zone, o.Name
	}
	columns := []Column{
		{Name: "organization", Title: "Id", Key: true}, {Name: "name", Title: "Organization"}, {Name: "user", Title: "User"}, {Name: "pseudonym", Title: "Pseudonym"}, {Name: "status", Title: "Status"},
		{Name: "meter", Title: "Meter name", Key: true}, {Name: "meter_title", Title: "Meter"}, {Name: "counts", Title: "Counts"}, {Name: "class", Title: "Class"}, {Name: "billable", Title: "Billable"},
		{Name: "first_activity", Title: "First activity ever", Type: Instant}, {Name: "last_activity", Title: "Last activity", Type: Instant},
		{Name: "counted_at", Title: "Counted since", Type: Instant}, {Name: "action", Title: "By action"}, {Name: "signal", Title: "Signal"}, {Name: "definition", Title: "Definition of", Type: Date},
		{Name: "used", Title: "Used", Type: Amount},
	}
	units := map[string]string{}
	b.eachMeter(func(_ *Organization, m *Meter) { units[m.Name] = unitOf(m) })
	b.add(Section{
		Name: "users", Title: "Users", Columns: columns, Empty: "Nobody was active in the period.",
		Note: "A row a user and meter. Ids are personal data: send this report to those who may see them.",
		Rows: func(yield func([]Cell, error) bool) {
			row := make([]Cell, len(columns))
			for u, err := range b.in.Users {
				if err != nil {
					yield(nil, err)
					return
				}
				zone := zones[u.Organization]
				row[0], row[1], row[2], row[3], row[4] = text(u.Organization), text(names[u.Organization]), text(u.ID), text(u.Pseudonym), text(u.Status)
				row[5], row[6], row[7], row[8], row[9] = text(u.Meter), text(b.in.Titles.Meter(u.Meter)), yesNo(u.Counts), text(u.Class), Cell{}
				row[10], row[11], row[12] = instant(u.FirstEver, zone), instant(u.Last, zone), instant(u.Counted, zone)
				row[13], row[14], row[15], row[16] = text(u.Action), text(u.Signal), date(u.Definition), Cell{}
				if u.Used != nil {
					row[16] = amount(*u.Used, units[u.Meter])
				} else if u.Counts {
					row[9] = yesNo(u.Billable)
				}
				if !yield(row, nil) {
					return
				}
			}
		},
	})
}
