// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// census is how many users have which lifecycle status, now or immediately
// before the end of a period; under NoStatus those without one who ever had a standing
// activity. Statements of months and longer have it, since bills do.
//
//	closings.censuses[kind][i-1]   of the period that lies i before the current one
type census [usage.NumStatuses]int64

// hasCensus reports whether periods of a kind have one.
func hasCensus(k usage.Kind) bool { return k >= usage.Month && k < usage.Rolling }

// StatusLabel is how figures name a status of the census.
func StatusLabel(s usage.Status) string {
	if s == usage.NoStatus {
		return "standing"
	}
	return s.String()
}

// Count counts a person (1), or takes them out (-1).
func (c *census) Count(s usage.Status, stood bool, sign int64) {
	if s != usage.NoStatus || stood {
		c[s] += sign
	}
}

// Enumerate counts a person (1), or takes them out (-1), in the census of now
// and in those of the periods that have ended and may be revised.
func (c *Closings) Enumerate(p *person.Timeline, sign int64) {
	c.Now.Count(p.Status(), p.StoodBefore(math.MaxInt64), sign)
	c.closedKinds(func(t *period.Track) {
		if !hasCensus(t.Kind) {
			return
		}
		for i := 1; i < len(t.Starts) && !c.clock.Frozen(t.Kind, i); i++ {
			_, end := t.Bounds(i)
			if status, stood := p.StatusBefore(end), p.StoodBefore(end.Ns()); status != usage.NoStatus || stood {
				c.census(t.Kind, i).Count(status, stood, sign)
			}
		}
	})
}

// census returns that of a period that has ended, for changing it.
func (c *Closings) census(k usage.Kind, back int) *census {
	all := &c.censuses[k]
	for len(*all) < period.Depth[k]-1 {
		*all = append(*all, census{})
	}
	return &(*all)[back-1]
}

// TakeCensus is called when the clock has gone past the end of periods, and
// before anything of after the end is applied.
func (c *Closings) TakeCensus(t *period.Turn) {
	for k := range c.censuses {
		all := &c.censuses[k]
		if t.Ended[k] == 0 || !hasCensus(usage.Kind(k)) || *all == nil && c.Now == (census{}) {
			continue
		}
		first := c.census(usage.Kind(k), 1)
		period.Shift(*all, 1, t.Ended[k])
		*first = c.Now
	}
}

// censusCells appends the census of a period.
func (c *Closings) censusCells(to []meter.Cell, k usage.Kind, back int) []meter.Cell {
	if all := c.censuses[k]; len(all) >= back {
		return meter.AddCells(to, meter.RegisteredRow, 0, all[back-1][:])
	}
	return to
}

func (c *Closings) encodeCensuses(e *wire.Encoder) {
	for _, all := range c.censuses {
		e.Uint(uint64(len(all)))
		for _, one := range all {
			for _, n := range one {
				e.Int(n)
			}
		}
	}
}

func (c *Closings) decodeCensuses(d *wire.Decoder) {
	for k := range c.censuses {
		n := d.Count(usage.NumStatuses)
		if n != 0 && (n != period.Depth[k]-1 || !hasCensus(usage.Kind(k))) {
			d.Fail()
			return
		}
		for range n {
			var one census
			for status := range one {
				one[status] = d.Int()
			}
			c.censuses[k] = append(c.censuses[k], one)
		}
	}
}
