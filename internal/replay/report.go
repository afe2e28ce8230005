// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Report is what a replay did.
type Report struct {
	Requests    int
	Items       int // in them
	Collections int // written to the store
	// Passed is how many steps were not collected because the ledger had
	// passed them before.
	Passed int
	// Ahead are the requests with items that arrived before their time, as by a
	// clock that was wrong; they are refused as future.
	Ahead Notes
	// Outcomes is what became of the items, by organization; those that none
	// was counted for are left out.
	Outcomes map[string]Outcomes
}

// Outcomes are numbers of items by usage.Outcome.
type Outcomes [usage.NumOutcomes]uint64

// Organizations returns the organizations that items were counted for, in
// order.
func (r *Report) Organizations() []string { return slices.Sorted(maps.Keys(r.Outcomes)) }

// count sets the outcomes to the difference of two counts of a ledger.
func (r *Report) count(before, after map[string]Outcomes) {
	r.Outcomes = map[string]Outcomes{}
	for organization, counts := range after {
		for outcome, n := range before[organization] {
			counts[outcome] -= n
		}
		if counts != (Outcomes{}) {
			r.Outcomes[organization] = counts
		}
	}
}
