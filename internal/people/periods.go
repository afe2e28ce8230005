// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// BitOf is the first bit of each calendar kind in a word of periods:
//
//	hour 3 | day 38 | week 7 | month 3 | quarter 3 | half 3 | year 3 | cycle 3
var BitOf = func() (at [usage.NumKinds]int) {
	n := 0
	for k := range at {
		at[k] = n
		n += period.Depth[k]
	}
	return at
}()

// TurnsSince appends what became of the kinds that a clock follows since a stamp;
// a stamp of 0 is before everything, and nothing can have turned since.
func TurnsSince(c *period.Clock, stamp period.Minute, to []Turn) []Turn {
	if stamp == 0 {
		return to
	}
	for k, t := range c.Tracks {
		if t == nil || stamp >= t.Starts[0] {
			continue
		}
		begun := t.Index(stamp)
		if begun < 0 {
			begun = period.Depth[k]
		}
		to = append(to, Turn{First: uint8(BitOf[k]), Width: uint8(period.Depth[k]), Begun: uint8(begun)})
	}
	return to
}

// Turn is what became of a calendar kind since a block's stamp: its bits in a
// word of periods, the running period lowest, and how many periods have begun.
type Turn struct{ First, Width, Begun uint8 }

// Shift brings a word of periods to the running ones. What was as long ago as
// the kind is wide is gone; no bit leaves its kind.
func Shift(periods uint64, turns []Turn) uint64 {
	for _, t := range turns {
		mask := uint64(1)<<t.Width - 1
		bits := periods >> t.First & mask
		periods = periods&^(mask<<t.First) | bits<<t.Begun&mask<<t.First
	}
	return periods
}

// Renew brings all words of periods of a block and of its user's entries to the
// periods that run at a minute, and stamps it. turns are those since its stamp.
// Whether there are any is one comparison of the stamp with the latest start of
// a period, which the caller makes.
func (b Block) Renew(minute uint32, turns []Turn) {
	b.Change()
	b.SetStamp(minute)
	if len(turns) == 0 {
		return
	}
	for _, f := range b.blocks.layout.periods {
		if w := b.words[f]; w != 0 {
			b.words[f] = Shift(w, turns)
		}
	}
	for i := range b.blocks.layout.rings {
		b.roll(&b.blocks.layout.rings[i], turns)
	}
	for c := b.Entries(); c.Next(); {
		if e := c.Entry(); e.ID()&Periodic != 0 {
			e.SetWord(Shift(e.Word(), turns))
		}
	}
}

// roll moves the words of a ring as many periods back as have begun.
func (b Block) roll(r *ring, turns []Turn) {
	for _, t := range turns {
		if t.First != r.first {
			continue
		}
		for n := len(r.words) - 1; n >= 0; n-- {
			var w uint64
			if from := n - int(t.Begun); from >= 0 {
				w = b.words[r.words[from]]
			}
			b.words[r.words[n]] = w
		}
	}
}
