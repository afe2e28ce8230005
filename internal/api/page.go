// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pageSize is how many organizations a page of the list has: what a browser
// shows at once without effort.
const pageSize = 100

// page serves the overview.
func page(w http.ResponseWriter, r *admitted) error {
	b := r.Book
	c, _ := b.Latest()
	in := overview.Input{
		At:         c.At,
		Ledger:     ledgerState(b),
		Catalogue:  catalogueState(r),
		Shard:      r.Collector.Shard,
		Warnings:   r.Collector.Warnings,
		Extraction: b.Extraction(),
		OTLP:       r.Collector.OTLP,
		Store:      r.Collector.Store,
	}
	requested, _ := strconv.Atoi(r.Query.Get("page")) // anything else is the first
	var shown []listed
	shown, in.List = list(b.IDs(), r.Catalogue.Catalogue, c, r.Query.Get("q"), requested)
	for _, l := range shown {
		if status, found := b.Status(l.id); found && (l.id != usage.NoOrganization || hasItems(&status)) {
			in.Organizations = append(in.Organizations, organization(l, &status, c))
		}
	}
	headPage(w, overview.Page)
	return overview.Render(w, in)
}

func ledgerState(b Book) overview.State {
	if err := b.Ready(); err != nil {
		return overview.State{Text: "unavailable", Detail: err.Error()}
	}
	return overview.State{OK: true, Text: "ready"}
}

// catalogueState is shown to those who see all.
func catalogueState(r *admitted) overview.State {
	c := r.Catalogue
	count := "1 organization"
	if c.Len() != 1 {
		count = strconv.Itoa(c.Len()) + " organizations"
	}
	switch {
	case !r.Principal.SeesAll():
		return overview.State{OK: true}
	case c.Path == "":
		return overview.State{OK: true, Text: "none"}
	case c.Err != nil:
		return overview.State{Text: "refused, " + count + " of " + c.Loaded.UTC().Format("2 Jan 15:04 UTC"), Detail: c.Err.Error()}
	default:
		return overview.State{OK: true, Text: count}
	}
}

// hasItems reports whether anything was received.
func hasItems(s *inquiry.Status) bool {
	return s.Items != [usage.NumSignals][usage.NumOutcomes]uint64{}
}

// listed is an organization with what the catalogue says of it.
type listed struct {
	id, name string
	key      string // that the list is sorted by
	urgency  int    // what is more urgent stands before it
	zone     *time.Location
}

// list returns the organizations of one page: those whose name or id contains
// the filter, first those that need attention, else by name, items without an
// organization last.
func list(ids []string, c *catalogue.Catalogue, figures usage.Collection, filter string, page int) ([]listed, overview.List) {
	out := overview.List{Filter: strings.TrimSpace(filter)}
	wanted := strings.ToLower(out.Filter)
	var matching []listed
	for _, id := range ids {
		l := listed{id: id, zone: time.UTC}
		if o, found := c.Lookup(id); found {
			l.name, l.zone = o.Name, o.Location
		}
		l.key = strings.ToLower(cmp.Or(l.name, id))
		if id != usage.NoOrganization {
			out.Total++
		}
		if strings.Contains(strings.ToLower(id), wanted) || strings.Contains(l.key, wanted) {
			l.urgency = urgency(figuresOf(figures, id))
			matching = append(matching, l)
		}
	}
	slices.SortFunc(matching, func(x, y listed) int {
		return cmp.Or(cmp.Compare(last(x), last(y)), cmp.Compare(y.urgency, x.urgency), strings.Compare(x.key, y.key), strings.Compare(x.id, y.id))
	})
	out.Matching = len(matching)
	out.Pages = max(1, (len(matching)+pageSize-1)/pageSize)
	out.Page = min(max(1, page), out.Pages)
	from := (out.Page - 1) * pageSize
	return matching[from:min(from+pageSize, len(matching))], out
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
func last(l listed) int {
	if l.id == usage.NoOrganization {
		return 1
	}
	return 0
}

// organization gives the page what it shows of one.
func organization(l listed, s *inquiry.Status, c usage.Collection) overview.Organization {
	o := overview.Organization{
		ID: l.id, Name: l.name, Zone: l.zone,
		LastEvent: s.LastEvent, Silent: s.Silent, Items: s.Items,
		Figures: figuresOf(c, l.id),
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
