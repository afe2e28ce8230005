// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// meterTerms are the terms of a quota; end is 0 of those in force now.
type meterTerms struct {
	meter uint16
	kind  usage.Kind
	end   period.Minute
	Terms
}

// SetTerms sets the terms of a meter's quota on a calendar window, or takes
// them back. They are those of the periods that end from now on; of an
// organization that has just begun also of those before.
func (c *Closings) SetTerms(meter uint16, k usage.Kind, t *Terms) {
	begins := c.clock.AsOf == c.from+c.defs.Grace
	of := func(m meterTerms) bool { return m.meter == meter }
	c.terms = slices.DeleteFunc(c.terms, of)
	if begins {
		c.ended = slices.DeleteFunc(c.ended, of)
	}
	if t == nil {
		return
	}
	c.terms = append(c.terms, meterTerms{meter: meter, kind: k, Terms: *t})
	if track := c.clock.Tracks[k]; begins && track != nil {
		for i := 1; i < len(track.Starts); i++ {
			_, end := track.Bounds(i)
			c.ended = append(c.ended, meterTerms{meter, k, end, *t})
		}
	}
}

// TermsOf returns the terms in force of a meter's quota, nil where it has none.
func (c *Closings) TermsOf(meter uint16) (usage.Kind, *Terms) {
	for i := range c.terms {
		if t := &c.terms[i]; t.meter == meter {
			return t.kind, &t.Terms
		}
	}
	return 0, nil
}

// KeepTerms keeps the terms in force at the end of the periods that have ended.
func (c *Closings) KeepTerms(step *period.Turn) {
	for _, t := range c.terms {
		if step.Ended[t.kind] > 0 {
			_, t.end = c.clock.Tracks[t.kind].Bounds(1)
			c.ended = append(c.ended, t)
		}
	}
}

// termsAt returns the terms that were in force when a period ended.
func (c *Closings) termsAt(meter uint16, k usage.Kind, end period.Minute) *Terms {
	for _, t := range c.ended {
		if t.meter == meter && t.kind == k && t.end == end {
			return &t.Terms
		}
	}
	return nil
}
