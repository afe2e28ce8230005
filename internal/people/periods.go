// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

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
	for c := b.Entries(); c.Next(); {
		if e := c.Entry(); e.ID()&Periodic != 0 {
			e.SetWord(Shift(e.Word(), turns))
		}
	}
}
