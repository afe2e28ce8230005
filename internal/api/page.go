// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pageSize is how many organizations a page of the list has: what a browser
// shows at once without effort.
const pageSize = 100

// page serves the overview of all shards, or this one's part of it.
func page(w http.ResponseWriter, r *admitted) error {
	b := r.Book
	c, _ := b.Latest()
	requested, _ := strconv.Atoi(r.Query.Get("page")) // anything else is the first
	filter := strings.TrimSpace(r.Query.Get("q"))
	rows, total := list(b.IDs(), r.Catalogue.Catalogue, c, filter)
	own := listPart{Total: total, Matching: len(rows)}
	if r.part {
		for _, l := range rows[:min(max(1, requested)*pageSize, len(rows))] {
			own.Rows = append(own.Rows, rowOf(b, l, c))
		}
		return answer(func(*admitted) (any, error) { return own, nil })(w, r)
	}
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
	parts := partsOf[listPart](r, "/", url.Values{"q": {filter}, "page": {strconv.Itoa(requested)}})
	all := make([]merge.Part[[]row], 0, len(parts)+1)
	for _, p := range parts {
		own.Total, own.Matching = own.Total+p.Of.Total, own.Matching+p.Of.Matching
		all = append(all, merge.Part[[]row]{Shard: p.Shard, Of: p.Of.Rows})
	}
	for _, l := range rows {
		own.Rows = append(own.Rows, row{listed: l})
	}
	merged, err := merge.Lists(append(all, merge.Part[[]row]{Shard: reporter.Here, Of: own.Rows}), func(r *row) string { return r.ID }, usage.NoOrganization, byUrgency)
	if err != nil {
		return err
	}
	in.List = overview.List{Filter: filter, Total: own.Total, Matching: own.Matching, Pages: max(1, (own.Matching+pageSize-1)/pageSize)}
	in.List.Page = min(max(1, requested), in.List.Pages)
	from := (in.List.Page - 1) * pageSize
	for _, shown := range merged[from:min(from+pageSize, len(merged))] {
		if shown.Organization == nil {
			shown = rowOf(b, shown.listed, c)
		}
		if o := shown.Organization; o != nil && (o.ID != usage.NoOrganization || o.Items != [usage.NumSignals][usage.NumOutcomes]uint64{}) {
			in.Organizations = append(in.Organizations, *o)
		}
	}
	in.Incomplete = report.Missed(r.missing)
	headMissing(w, r.missing)
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

// listed is an organization with what the catalogue says of it.
type listed struct {
	ID, Name string
	Key      string // that the list is sorted by
	Urgency  int    // what is more urgent stands before it
	zone     *time.Location
}

// list returns the organizations whose name or id contains the filter, first
// those that need attention, else by name, items without an organization last;
// and how many there are of any name.
func list(ids []string, c *catalogue.Catalogue, figures usage.Collection, filter string) (matching []listed, total int) {
	wanted := strings.ToLower(filter)
	for _, id := range ids {
		l := listed{ID: id, zone: time.UTC}
		if o, found := c.Lookup(id); found {
			l.Name, l.zone = o.Name, o.Location
		}
		l.Key = strings.ToLower(cmp.Or(l.Name, id))
		if id != usage.NoOrganization {
			total++
		}
		if strings.Contains(strings.ToLower(id), wanted) || strings.Contains(l.Key, wanted) {
			l.Urgency = urgency(figuresOf(figures, id))
			matching = append(matching, l)
		}
	}
	slices.SortFunc(matching, func(x, y listed) int { return byUrgency(row{listed: x}, row{listed: y}) })
	return matching, total
}

func byUrgency(x, y row) int {
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
func organization(l listed, s *inquiry.Status, c usage.Collection) overview.Organization {
	o := overview.Organization{
		ID: l.ID, Name: l.Name, Zone: l.zone,
		LastEvent: s.LastEvent, Silent: s.Silent, Items: s.Items,
		Figures: figuresOf(c, l.ID),
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
