// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package overview renders the page on which an operator sees at a glance what
// is counted: per organization its figures, the last 30 days, how complete
// they are and what was rejected.
//
//	Input (what is known) --view--> page (texts, shapes) --page.html--> HTML
//
// [Render] is a function of its input: it reads no clock and asks nobody. The
// page never shows a user.
package overview

import (
	_ "embed" // the templates and the style
	"io"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Input is what the page shows.
type Input struct {
	// At is the minute that the figures are of; zero: none were collected yet.
	At time.Time
	// Ledger, Catalogue and Shard are the states shown in the page's head; one
	// without a text is not.
	Ledger, Catalogue, Shard State
	// Warnings are doubts about the collector's configuration.
	Warnings []string
	// Incomplete says which shards the page lacks; "": none.
	Incomplete string
	// Extraction has the meters and their titles.
	Extraction usage.Extraction
	// OTLP and Store are base URLs for the example of a first event: where
	// OTLP/HTTP is taken ("": no example), and where PromQL is answered ("": not
	// by us).
	OTLP, Store string

	// Organizations of this page of the list, in their order.
	Organizations []Organization
	// List says which page of which list that is.
	List List
}

// State is whether something works, and a line about it.
type State struct {
	OK   bool
	Text string
	// Detail is shown in full where OK is false.
	Detail string
}

// List is a part of the list of all organizations.
type List struct {
	Filter string // what the user searched for
	// Total is the number of all organizations, Matching of those that the
	// filter leaves.
	Total, Matching int
	Page, Pages     int // Page counts from 1
}

// Organization is one organization and its figures.
type Organization struct {
	ID, Name string
	Zone     *time.Location
	// LastEvent is the time of its latest item; zero: none.
	LastEvent time.Time
	Silent    bool
	Items     [usage.NumSignals][usage.NumOutcomes]uint64
	Rejects   []Reject // newest first
	Trends    []Trend
	Figures   []usage.Figure
}

// Reject is an item that was not counted, without who sent it.
type Reject struct {
	Time    time.Time
	Signal  usage.Signal
	Outcome usage.Outcome
	Reason  usage.Reason
	Action  string
	Unit    usage.TimeUnit // of its time
}

// Trend is one figure of a meter, day by day, oldest first.
type Trend struct {
	Meter, Window, Unit string
	Days                []Day
}

// Day is one point of a trend.
type Day struct {
	Date  usage.Date
	Value float64
}

//go:embed page.html
var templates string

//go:embed style.css
var style string

// Page is the overview.
var Page = site.New(site.Overview, "Usage overview", templates, style)

// Render writes the page, or nothing and an error.
func Render(w io.Writer, in Input) error { return Page.Render(w, newView(in)) }
