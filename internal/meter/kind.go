// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// kind is what an organization keeps of one meter: its counts, whatever type the
// meter has. Kinds do not know of one another.
type kind interface {
	// start follows the clock's calendar, when there is one and when it changes.
	start(c *period.Clock)
	// stop returns the first minute after asOf, up to a minute, at which counting
	// changes.
	stop(asOf, to period.Minute) period.Minute
	// turn follows the clock through a step, after it has been taken.
	turn(c *period.Clock, t *period.Turn)

	// touch reads from memory what an event of a user is about to change. dims are
	// numbers of values plus first; what is less than first is none.
	touch(user uint32, dims []uint32, first uint32) uint64
	// apply counts an effect of an event at or before the clock's minute, whose user
	// is a root; of a switch of a standing activity, the person is lifted and knows it
	// already. It reports whether that may be the user's first one in a period of a
	// day or longer.
	apply(c *period.Clock, ev *Event, e *Effect) (first bool)
	// lift takes out all that a root counts for, put puts it back: what is known
	// of the person changes in between.
	lift(c *period.Clock, root uint32)
	put(c *period.Clock, root uint32)
	// merge makes one person of two roots, which are lifted.
	merge(c *period.Clock, from, to uint32)
	// revises reports whether such an event may change closed periods in which it
	// does not lie.
	revises(c Change) bool
	// lasts reports whether counts may stay above zero without events.
	lasts() bool

	// use returns what a quota is held against (SEMANTICS 6), of the period that lies
	// some periods back: users, or millionths of a sum.
	use(c *period.Clock, window, back int) wide.Int
	// scale returns how many of use are one unit of the meter.
	scale() uint64
	// headline returns the one number that stands for the meter, of its first
	// window's running period, in millionths.
	headline(c *period.Clock) wide.Int
	// outlook returns what is expected of a running period, in units of the meter.
	outlook(c *period.Clock, window int, rise *curves) outlook
	// until returns what a period had at a minute in it, in units of the meter; ok is
	// false where that is not known.
	until(c *period.Clock, window int, rise *curves, start, at period.Minute) (value float64, ok bool)
	// cells appends the numbers of a calendar period that are not 0.
	cells(to []Cell, c *period.Clock, k usage.Kind, back int) []Cell
	// figures writes the figures at the clock's minute; exists tells which calendar
	// periods have any.
	figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool)

	// part returns what the meter has of a user in a span of one of its windows;
	// any is false where that is nothing.
	part(c *period.Clock, root uint32, s Span) (p Part, any bool)
	// last returns the latest activity of a user that is known, 0 for none.
	last(root uint32) period.Minute

	// encode appends everything but pages.
	encode(e *wire.Encoder)
	decode(d *wire.Decoder, users int)
	// dirtyPages calls f with the pages that changed since it was last called; data
	// are good until f returns.
	dirtyPages(f func(population uint8, page uint32, data []byte))
	restorePage(population uint8, page uint32, data []byte) error
	// restored builds what is not stored, when all pages are read.
	restored(c *period.Clock)
	// adopt takes the records by user of the same meter under its old definition.
	adopt(old kind)
	// hasTraces reports whether it shows that an event was counted.
	hasTraces() bool
	// forgetNames drops the series that name values and users.
	forgetNames()
}

// sampler is a kind with figures that become final some time after their
// instant.
type sampler interface {
	kind
	// settle makes final what is due at now (ns): for an arrival what was due before
	// it.
	settle(c *period.Clock, now int64, collecting bool)
	// rest returns the first instant at which something is due for arrivals, ns.
	rest() int64
	// recover postpones what an outage kept from being counted, and reports whether
	// there may be anything.
	recover(o Outage) bool
	// unsettled returns the instant of the oldest sample that is not final in all
	// respects, and that of the first that is not at all.
	unsettled() (oldest, next int64)
	// interval is the time between samples, ns.
	interval() int64
}
