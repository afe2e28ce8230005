// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pageSize is how many organizations a page of the list has: what a browser
// shows at once without effort.
const pageSize = 100

// page serves the overview.
func (e *ledgerExtension) page(w http.ResponseWriter, r *http.Request) error {
	b, err := e.running()
	if err != nil {
		return err
	}
	c, _ := b.Latest()
	in := overview.Input{
		At:         c.At,
		Ledger:     ledgerState(b),
		Catalogue:  e.catalogueState(),
		Warnings:   e.doubts.Load().warnings,
		Extraction: b.Extraction(),
		OTLP:       e.doubts.Load().otlp,
		Store:      e.doubts.Load().store,
	}
	good, _ := e.catalogue.current()
	requested, _ := strconv.Atoi(r.FormValue("page")) // anything else is the first
	var shown []listed
	shown, in.List = list(b.Statuses(), good, r.FormValue("q"), requested)
	for i := range shown {
		in.Organizations = append(in.Organizations, organization(&shown[i], c))
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", overview.ContentSecurityPolicy)
	return overview.Render(w, in)
}

func ledgerState(b book) overview.State {
	if err := b.Ready(); err != nil {
		return overview.State{Text: "unavailable", Detail: err.Error()}
	}
	return overview.State{OK: true, Text: "ready"}
}

func (e *ledgerExtension) catalogueState() overview.State {
	c, state := e.catalogue.current()
	count := "1 organization"
	if c.Len() != 1 {
		count = strconv.Itoa(c.Len()) + " organizations"
	}
	switch {
	case e.config.Catalogue == "":
		return overview.State{OK: true, Text: "none"}
	case state.Err != nil:
		return overview.State{Text: "refused, " + count + " of " + state.Loaded.UTC().Format("2 Jan 15:04 UTC"), Detail: state.Err.Error()}
	default:
		return overview.State{OK: true, Text: count}
	}
}

// listed is an organization of the ledger with what the catalogue says of it.
type listed struct {
	ledger.Status
	name string
	zone *time.Location
}

// list returns the organizations of one page: those whose name or id contains
// the filter, by name, items without an organization last.
func list(all []ledger.Status, c *catalogue.Catalogue, filter string, page int) ([]listed, overview.List) {
	out := overview.List{Filter: strings.TrimSpace(filter)}
	wanted := strings.ToLower(out.Filter)
	var matching []listed
	for _, s := range all {
		l := listed{Status: s, zone: time.UTC}
		if o, found := c.Lookup(s.ID); found {
			l.name, l.zone = o.Name, o.Location
		}
		if s.ID == usage.NoOrganization {
			if s.LastEvent.IsZero() {
				continue // all items named one
			}
		} else {
			out.Total++
		}
		if wanted == "" || strings.Contains(strings.ToLower(s.ID), wanted) || strings.Contains(strings.ToLower(l.name), wanted) {
			matching = append(matching, l)
		}
	}
	slices.SortFunc(matching, func(x, y listed) int {
		if x.ID == usage.NoOrganization || y.ID == usage.NoOrganization {
			return cmp.Compare(last(&x), last(&y))
		}
		return cmp.Or(
			strings.Compare(strings.ToLower(cmp.Or(x.name, x.ID)), strings.ToLower(cmp.Or(y.name, y.ID))),
			strings.Compare(x.ID, y.ID))
	})
	out.Matching = len(matching)
	out.Pages = max(1, (len(matching)+pageSize-1)/pageSize)
	out.Page = min(max(1, page), out.Pages)
	from := (out.Page - 1) * pageSize
	return matching[from:min(from+pageSize, len(matching))], out
}

func last(l *listed) int {
	if l.ID == usage.NoOrganization {
		return 1
	}
	return 0
}

// organization gives the page what it shows of one.
func organization(l *listed, c usage.Collection) overview.Organization {
	o := overview.Organization{
		ID: l.ID, Name: l.name, Zone: l.zone,
		LastEvent: l.LastEvent, Silent: l.Silent, Items: l.Items,
		Figures: figuresOf(c, l.ID),
	}
	for _, r := range l.Rejects {
		o.Rejects = append(o.Rejects, overview.Reject(r))
	}
	for _, t := range l.Trends {
		trend := overview.Trend{Meter: t.Meter, Window: t.Window, Unit: t.Unit}
		for _, d := range t.Days {
			trend.Days = append(trend.Days, overview.Day(d))
		}
		o.Trends = append(o.Trends, trend)
	}
	return o
}
