// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package listing is the list of organizations on the page: those that need attention
// first, of one shard or of many.
package listing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/seen"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Listed is an organization with what the catalogue says of it.
type Listed struct {
	ID, Name string
	Key      string // that the list is sorted by
	Urgency  int    // what is more urgent stands before it
	zone     *time.Location
}

// Of returns the organizations whose name or id contains the filter, first
// those that need attention, else by name, items without an organization last;
// and how many there are of any name.
func Of(ids []string, c *catalogue.Catalogue, figures usage.Collection, filter string) (matching []Listed, total int) {
	wanted := strings.ToLower(filter)
	for _, id := range ids {
		l := Listed{ID: id, zone: time.UTC}
		if o, found := c.Lookup(id); found {
			l.Name, l.zone = o.Name, o.Location
		}
		l.Key = strings.ToLower(cmp.Or(l.Name, id))
		if id != usage.NoOrganization {
			total++
		}
		if strings.Contains(strings.ToLower(id), wanted) || strings.Contains(l.Key, wanted) {
			l.Urgency = urgency(FiguresOf(figures, id))
			matching = append(matching, l)
		}
	}
	slices.SortFunc(matching, func(x, y Listed) int { return ByUrgency(Row{Listed: x}, Row{Listed: y}) })
	return matching, total
}

// ByUrgency orders rows as Of does.
func ByUrgency(x, y Row) int {
	return cmp.Or(cmp.Compare(last(x.ID), last(y.ID)), cmp.Compare(y.Urgency, x.Urgency), strings.Compare(x.Key, y.Key), strings.Compare(x.ID, y.ID))
}

// urgency is what an organization's figures ask for: 3 where a quota is used
// up or nearly, 2 where one is high, 1 where telemetry is missing.
func urgency(figures []usage.Figure) (most int) {
	for i := range figures {
		switch f := &figures[i]; f.Series.Name {
		case "usage_quota_status":
			if status := int(f.Value); status >= 2 {
				most = max(most, status)
			}
		case "usage_stream_silent":
			most = max(most, int(f.Value))
		}
	}
	return most
}

// last sorts items without an organization behind all organizations.
func last(id string) int {
	if id == usage.NoOrganization {
		return 1
	}
	return 0
}

// organization gives the page what it shows of one.
func organization(l Listed, s *inquiry.Status, c usage.Collection) overview.Organization {
	o := overview.Organization{
		ID: l.ID, Name: l.Name, Zone: l.zone,
		LastEvent: s.LastEvent, Silent: s.Silent, Items: s.Items,
		Figures: FiguresOf(c, l.ID),
	}
	for _, r := range s.Rejects {
		o.Rejects = append(o.Rejects, overview.Reject(r))
	}
	for _, t := range s.Trends {
		trend := overview.Trend{Meter: t.Meter, Window: t.Window, Unit: t.Unit}
		for _, d := range t.Days {
			trend.Days = append(trend.Days, overview.Day(d))
		}
		o.Trends = append(o.Trends, trend)
	}
	return o
}

// Part is what one shard has of the list: the first rows of what matches.
type Part struct {
	Total, Matching int
	Rows            []Row
}

// Row is an organization of the list. Organization is nil until it is needed of
// this ledger, or where it was removed meanwhile.
type Row struct {
	Listed
	Organization *overview.Organization
}

// RowOf returns a row with what the page shows of it.
func RowOf(b seen.Book, l Listed, c usage.Collection) Row {
	r := Row{Listed: l}
	if status, found := b.Status(l.ID); found {
		o := organization(l, &status, c)
		r.Organization = &o
	}
	return r
}

// rowJSON is a row on the wire, see [reporter.WireVersion].
type rowJSON struct {
	Listed
	Shown *shownJSON
}

// shownJSON has the zone by its name and the figures with values that JSON has no
// number for; both hide those within.
type shownJSON struct {
	overview.Organization
	Zone    string
	Figures []figureText
}

type figureText struct {
	Series *usage.Series
	Value  string
}

// MarshalJSON writes a row for another shard.
func (r Row) MarshalJSON() ([]byte, error) {
	w := rowJSON{Listed: r.Listed}
	if o := r.Organization; o != nil {
		w.Shown = &shownJSON{Organization: *o, Zone: o.Zone.String()}
		for _, f := range o.Figures {
			w.Shown.Figures = append(w.Shown.Figures, figureText{f.Series, strconv.FormatFloat(f.Value, 'g', -1, 64)})
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads a row of another shard.
func (r *Row) UnmarshalJSON(text []byte) error {
	var w rowJSON
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*r = Row{Listed: w.Listed}
	if w.Shown == nil {
		return nil
	}
	o := w.Shown.Organization
	var err error
	if o.Zone, err = time.LoadLocation(w.Shown.Zone); err != nil {
		return fmt.Errorf("organization %q: %w", o.ID, err)
	}
	o.Figures = make([]usage.Figure, len(w.Shown.Figures))
	for i, f := range w.Shown.Figures {
		o.Figures[i].Series = f.Series
		if o.Figures[i].Value, err = strconv.ParseFloat(f.Value, 64); err != nil {
			return fmt.Errorf("organization %q: %s: %w", o.ID, f.Series.Name, err)
		}
	}
	r.Organization = &o
	return nil
}

// FiguresOf returns an organization's figures of a collection.
func FiguresOf(c usage.Collection, id string) []usage.Figure {
	i, found := slices.BinarySearchFunc(c.Organizations, id, func(o usage.OrganizationFigures, id string) int {
		return strings.Compare(o.Organization, id)
	})
	if !found {
		return nil
	}
	return c.Organizations[i].Figures
}
