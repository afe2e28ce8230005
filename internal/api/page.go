// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/api/listing"
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
	rows, total := listing.Of(b.IDs(), r.Catalogue.Catalogue, c, filter)
	own := listing.Part{Total: total, Matching: len(rows)}
	if r.part {
		for _, l := range rows[:min(max(1, requested)*pageSize, len(rows))] {
			own.Rows = append(own.Rows, listing.RowOf(b, l, c))
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
	parts := partsOf[listing.Part](r, "/", url.Values{"q": {filter}, "page": {strconv.Itoa(requested)}})
	all := make([]merge.Part[[]listing.Row], 0, len(parts)+1)
	for _, p := range parts {
		own.Total, own.Matching = own.Total+p.Of.Total, own.Matching+p.Of.Matching
		all = append(all, merge.Part[[]listing.Row]{Shard: p.Shard, Of: p.Of.Rows})
	}
	for _, l := range rows {
		own.Rows = append(own.Rows, listing.Row{Listed: l})
	}
	merged, err := merge.Lists(append(all, merge.Part[[]listing.Row]{Shard: reporter.Here, Of: own.Rows}), func(r *listing.Row) string { return r.ID }, usage.NoOrganization, listing.ByUrgency)
	if err != nil {
		return err
	}
	in.List = overview.List{Filter: filter, Total: own.Total, Matching: own.Matching, Pages: max(1, (own.Matching+pageSize-1)/pageSize)}
	in.List.Page = min(max(1, requested), in.List.Pages)
	from := (in.List.Page - 1) * pageSize
	for _, shown := range merged[from:min(from+pageSize, len(merged))] {
		if shown.Organization == nil {
			shown = listing.RowOf(b, shown.Listed, c)
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
