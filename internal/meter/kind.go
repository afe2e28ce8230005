// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Kind is what an organization keeps of one meter: its counts, whatever type the
// meter has. Kinds do not know of one another.
type Kind interface {
	// Start follows the clock's calendar, when there is one and when it changes.
	Start(c *period.Clock)
	// Stop returns the first minute after asOf, up to another, at which counting
	// changes.
	Stop(asOf, to period.Minute) period.Minute
	// Turn follows the clock through a step, after it has been taken. It reports
	// whether figures may have changed, though no period ended in it.
	Turn(c *period.Clock, t *period.Turn) (changed bool)

	// Prefetch asks for the memory of the kind itself; PrefetchUser, when that is there,
	// for what it has in a user's block; and PrefetchEvent after that for what else an
	// event of the user is about to change. dims are numbers of values plus first; what is
	// less than first is none.
	Prefetch()
	PrefetchUser(user uint32)
	PrefetchEvent(user uint32, dims []uint32, first uint32)
	// Apply counts an effect of an event at or before the clock's minute, whose user
	// is a root; of a switch of a standing activity, the person is lifted and knows it
	// already. It reports whether the item is to be noted: as what may be the user's
	// first one in a period of a day or longer, or since a list names the user now.
	Apply(c *period.Clock, ev *Event, e *Effect) (noted bool)
	// Lift takes out all that a root counts for and that a revision of the person may
	// change; Put puts it back. What is known of the person changes in between.
	Lift(c *period.Clock, root uint32, of Revision)
	Put(c *period.Clock, root uint32, of Revision)
	// Meet takes out what two roots count for who are about to be one person; Merge
	// makes one of them, of whom all is known by then, and puts it back.
	Meet(c *period.Clock, from, to uint32)
	Merge(c *period.Clock, from, to uint32)
	// Counted returns in which calendar periods a root may count, as bits by
	// people.BitOf, without regard to lifecycle and standing activity.
	Counted(c *period.Clock, root uint32) (periods uint64)
	// Revises reports whether such an event may change closed periods in which it
	// does not lie.
	Revises(c Change) bool
	// Lasts reports whether counts may stay above zero without events.
	Lasts() bool

	// Use returns what a quota is held against (SEMANTICS 6), of the period that lies
	// some periods back: users, or millionths of a sum.
	Use(c *period.Clock, window, back int) wide.Int
	// Scale returns how many of use are one unit of the meter.
	Scale() uint64
	// Headline returns the one number that stands for the meter, of its first
	// window's running period, in millionths.
	Headline(c *period.Clock) wide.Int
	// Outlook returns what is expected of a running period, in units of the meter. rise
	// has the window's curves, nil where none are kept of it, here and in Until.
	Outlook(c *period.Clock, window int, rise *pace.Curves) pace.Outlook
	// Until returns what a period had at a minute in it, in units of the meter; ok is
	// false where that is not known.
	Until(c *period.Clock, window int, rise *pace.Curves, start, at period.Minute) (value float64, ok bool)
	// Cells appends the numbers of a calendar period that are not 0.
	Cells(to []Cell, c *period.Clock, k usage.Kind, back int) []Cell
	// Figures writes the figures at the clock's minute; exists tells which calendar
	// periods have any. They are what they were before until something is applied,
	// periods end, or Turn, or Settle of a sampler, reports a change.
	Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool)

	// Part returns what the meter has of a user in a span of one of its windows;
	// has is false where that is nothing.
	Part(c *period.Clock, root uint32, s Span) (p Part, has bool)
	// Last returns the latest activity of a user that is known, 0 for none.
	Last(root uint32) period.Minute

	// Encode appends everything but pages.
	Encode(e *wire.Encoder)
	// Decode reads what Encode wrote, of an organization with so many users.
	Decode(d *wire.Decoder, users int)
	// RestorePage reads a page of before format 7, when meters had pages of their own.
	RestorePage(c *period.Clock, population uint8, page uint32, data []byte) error
	// Restored builds what is not stored, when all pages are read.
	Restored(c *period.Clock)
	// HasTraces reports whether it shows that an event was counted.
	HasTraces() bool
	// ForgetNames drops the names and series of users.
	ForgetNames()
}

// Steady is embedded by kinds whose counts change by events and passing minutes
// alone: not at other instants, and not by what becomes known of a person.
type Steady struct{}

// Start has nothing to follow.
func (Steady) Start(*period.Clock) {}

// Stop lets the clock go to where it is going.
func (Steady) Stop(_, to period.Minute) period.Minute { return to }

// Lift has nothing to take out.
func (Steady) Lift(*period.Clock, uint32, Revision) {}

// Put has nothing to put back.
func (Steady) Put(*period.Clock, uint32, Revision) {}

// Counted returns none: whoever made a sum, it is the same.
func (Steady) Counted(*period.Clock, uint32) uint64 { return 0 }

// Meet has nothing to take out.
func (Steady) Meet(*period.Clock, uint32, uint32) {}

// Lasts reports false: without events, counts fall to zero.
func (Steady) Lasts() bool { return false }

// Sampler is a kind with figures that become final some time after their
// instant.
type Sampler interface {
	Kind
	// Settle makes final what is due at now (ns), for an arrival what was due before
	// it, and reports whether there was anything.
	Settle(c *period.Clock, now int64, collecting bool) (changed bool)
	// Rest returns the first instant at which something is due for arrivals, ns.
	Rest() int64
	// Recover postpones what an outage kept from being counted, and reports whether
	// there may be anything.
	Recover(o Outage) bool
	// Unsettled returns the instant of the oldest sample that is not final in all
	// respects, and that of the first that is not at all.
	Unsettled() (oldest, next int64)
	// Interval is the time between samples, ns.
	Interval() int64
}
