// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// view is the page as page.html wants it: all texts made, all shapes computed.
type view struct {
	At, AtISO         string
	Ledger, Catalogue State
	Shard             State
	Warnings          []string
	Incomplete        string
	Example           *Example
	First             bool // nothing was ever counted: the example is the page's subject
	List              List
	Searchable        bool
	Previous, Next    string // links, or ""
	Organizations     []card
}

// card shows one organization.
type card struct {
	ID, Name, Zone, LocalTime string
	Initial                   string
	LastEvent, LastEventISO   string
	Silent, Nobody            bool
	Tiles                     []tile
	Quiet                     []tile // nothing to show
	Received                  string
	Shares                    []share
	Rejects                   []rejectRow
	RejectCount               int
	FiguresURL                string
}

// share is an outcome's part of all items.
type share struct {
	Outcome, Number, Percent string
	X, Width                 float64 // of 100
}

// rejectRow is a kind of rejected item, with its latest time.
type rejectRow struct {
	Time, ISO, Signal, Outcome, Explanation, Action string
	Count                                           int
}

// searchableFrom is the number of organizations from which on a search helps.
const searchableFrom = 8

func newView(in Input) *view {
	v := &view{
		Ledger:     in.Ledger,
		Catalogue:  in.Catalogue,
		Shard:      in.Shard,
		Warnings:   in.Warnings,
		Incomplete: in.Incomplete,
		List:       in.List,
		Searchable: in.List.Filter != "" || in.List.Total >= searchableFrom,
	}
	if !in.At.IsZero() {
		v.At, v.AtISO = in.At.UTC().Format("2 January 2006, 15:04 UTC"), in.At.UTC().Format(time.RFC3339)
	}
	if e, found := NewExample(in.Extraction, in.OTLP, in.Store); found && in.OTLP != "" {
		v.Example = &e
	}
	v.First = in.List.Filter == "" && in.List.Page <= 1 &&
		!slices.ContainsFunc(in.Organizations, func(o Organization) bool { return !o.LastEvent.IsZero() })
	for i := range in.Organizations {
		v.Organizations = append(v.Organizations, newCard(&in, &in.Organizations[i]))
	}
	v.links()
	return v
}

func (v *view) links() {
	link := func(page int) string {
		q := url.Values{"page": {strconv.Itoa(page)}}
		if v.List.Filter != "" {
			q.Set("q", v.List.Filter)
		}
		return "?" + q.Encode()
	}
	if v.List.Page > 1 {
		v.Previous = link(v.List.Page - 1)
	}
	if v.List.Page < v.List.Pages {
		v.Next = link(v.List.Page + 1)
	}
}

func newCard(in *Input, o *Organization) card {
	c := card{
		ID: o.ID, Name: o.Name, Silent: o.Silent,
		Nobody:     o.ID == usage.NoOrganization,
		FiguresURL: "api/v1/organizations/" + site.Segment(o.ID) + "/figures",
	}
	switch {
	case c.Nobody:
		c.Name = "Items without an organization"
	case c.Name == "":
		c.Name = o.ID
	}
	if o.Zone != nil {
		c.Zone = o.Zone.String()
		if !in.At.IsZero() {
			c.LocalTime = in.At.In(o.Zone).Format("Mon 15:04")
		}
	}
	if !o.LastEvent.IsZero() {
		c.LastEvent, c.LastEventISO = ago(o.LastEvent, in.At), o.LastEvent.UTC().Format(time.RFC3339)
	}
	if !c.Nobody {
		c.meters(in, o)
	}
	c.completeness(o)
	c.rejects(in, o)
	return c
}

func (c *card) meters(in *Input, o *Organization) {
	figures := byMeter(o.Figures)
	for i := range in.Extraction.Meters {
		m := &in.Extraction.Meters[i]
		t := newTile(in.Extraction.Titles, m, figures[m.Name], o.Trends, in.At, o.Zone)
		if t.quiet {
			c.Quiet = append(c.Quiet, t)
			continue
		}
		c.Tiles = append(c.Tiles, t)
	}
	for _, tiles := range [][]tile{c.Tiles, c.Quiet} {
		slices.SortFunc(tiles, func(x, y tile) int { return x.order(&y) })
	}
}

// shown is the order of outcomes: counted first, then from harmless to grave.
var shown = []usage.Outcome{
	usage.Counted, usage.Duplicate, usage.Unmatched, usage.Late,
	usage.Future, usage.Invalid, usage.Unauthorized, usage.OverLimit,
}

func (c *card) completeness(o *Organization) {
	var sums [usage.NumOutcomes]uint64
	received := uint64(0)
	for _, signal := range o.Items {
		for _, outcome := range shown {
			sums[outcome] += signal[outcome]
			received += signal[outcome]
		}
	}
	c.Received = short(float64(received))
	x := 0.0
	for _, outcome := range shown {
		n := sums[outcome]
		if n == 0 {
			continue
		}
		width := 100 * float64(n) / float64(received)
		c.Shares = append(c.Shares, share{outcome.String(), short(float64(n)), percent(n, received), x, width})
		x += width
	}
}

// rejects puts alike items into one row, the latest first.
func (c *card) rejects(in *Input, o *Organization) {
	type kind struct {
		signal  usage.Signal
		outcome usage.Outcome
		reason  usage.Reason
		action  string
		unit    usage.TimeUnit
	}
	rows := map[kind]int{}
	for _, r := range o.Rejects {
		k := kind{r.Signal, r.Outcome, r.Reason, r.Action, r.Unit}
		i, known := rows[k]
		if !known {
			i = len(c.Rejects)
			rows[k] = i
			c.Rejects = append(c.Rejects, rejectRow{
				Time: instant(r.Time, in.At), ISO: r.Time.UTC().Format(time.RFC3339),
				Signal: r.Signal.String(), Outcome: r.Outcome.String(),
				Explanation: explain(&r), Action: clip(r.Action),
			})
		}
		c.Rejects[i].Count++
	}
	c.RejectCount = len(o.Rejects)
}
