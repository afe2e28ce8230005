// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// itemsSeries is the series that counts items by outcome.
const itemsSeries = "usage_items_total"

// maxBadLines is how many bad lines a report quotes; it counts all.
const maxBadLines = 20

// Report is what a replay did.
type Report struct {
	Requests    int // lines that were OTLP requests
	Items       int // in them
	Collections int // written to the store
	// Bad is the number of lines that were no requests, and BadLines the first
	// of them, each as file:line: reason.
	Bad      int
	BadLines []string
	// PassedUntil is where the ledger's clock stood already: figures up to
	// then were not collected again. Zero: the ledger was new.
	PassedUntil time.Time

	// Outcomes is what the replay added to each organization's items.
	Outcomes map[string]Outcomes

	before map[string]Outcomes
}

// Outcomes are numbers of items by outcome.
type Outcomes map[string]int64

// Organizations returns the organizations that items were counted for, in
// order.
func (r *Report) Organizations() []string { return slices.Sorted(maps.Keys(r.Outcomes)) }

func (r *Report) note(file string, line int, reason error) {
	r.Bad++
	if len(r.BadLines) < maxBadLines {
		r.BadLines = append(r.BadLines, fmt.Sprintf("%s:%d: %v", file, line, reason))
	}
}

func (r *Report) begin(figures usage.Collection) { r.before = outcomes(figures) }

func (r *Report) end(figures usage.Collection) {
	r.Outcomes = outcomes(figures)
	for organization, before := range r.before {
		for outcome, n := range before {
			if counts := r.Outcomes[organization]; counts != nil {
				counts[outcome] -= n
			}
		}
	}
	for organization, counts := range r.Outcomes {
		maps.DeleteFunc(counts, func(_ string, n int64) bool { return n == 0 })
		if len(counts) == 0 {
			delete(r.Outcomes, organization)
		}
	}
}

// outcomes reads the items by outcome out of a collection, all signals
// together.
func outcomes(figures usage.Collection) map[string]Outcomes {
	all := map[string]Outcomes{}
	for _, o := range figures.Organizations {
		counts := Outcomes{}
		for _, figure := range o.Figures {
			if figure.Series.Name != itemsSeries {
				continue
			}
			for _, label := range figure.Series.Labels {
				if label.Name == "outcome" {
					counts[label.Value] += int64(figure.Value)
				}
			}
		}
		all[o.Organization] = counts
	}
	return all
}
