// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"bytes"
	"sync"

	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Idle stands in for a kind in organizations that have counted nothing by a
// meter. It is one for all of them and keeps nothing: what is read of it is read
// of an empty kind, borrowed for that moment. It suits kinds whose empty state
// follows from the clock; an organization makes the kind before the first event.
type Idle struct {
	Steady
	like    Kind      // an empty one, asked for what does not depend on what it has
	empty   sync.Pool // of Kind, to be read
	encoded []byte
}

// NewIdle returns that of a meter. newEmpty makes the kind of an organization
// without users and the values of its breakdowns.
func NewIdle(newEmpty func() (Kind, []Values)) *Idle {
	kind, values := newEmpty()
	var e wire.Encoder
	Encode(&e, kind, values)
	return &Idle{like: kind, encoded: e.Bytes, empty: sync.Pool{New: func() any {
		kind, _ := newEmpty()
		return kind
	}}}
}

// read calls f with an empty kind at the time of a clock.
func (i *Idle) read(c *period.Clock, f func(k Kind)) {
	k := i.empty.Get().(Kind)
	k.Start(c)
	f(k)
	i.empty.Put(k)
}

// Turn has nothing to follow the clock with.
func (*Idle) Turn(*period.Clock, *period.Turn) bool { return false }

// Prefetch has nothing that would be needed.
func (*Idle) Prefetch() {}

// PrefetchUser has nothing in a block.
func (*Idle) PrefetchUser(uint32) {}

// PrefetchEvent has nothing that an event would change.
func (*Idle) PrefetchEvent(uint32, []uint32, uint32) {}

// Apply is not called: the kind is made before.
func (*Idle) Apply(*period.Clock, *Event, *Effect) bool { panic("meter: an event of an idle meter") }

// Merge makes one of two roots of whom it has nothing.
func (*Idle) Merge(*period.Clock, uint32, uint32) {}

// Revises reports what the kind does: statements have registered users, too.
func (i *Idle) Revises(by Change) bool { return i.like.Revises(by) }

// Use returns 0.
func (*Idle) Use(*period.Clock, int, int) wide.Int { return wide.Int{} }

// Scale returns that of the kind.
func (i *Idle) Scale() uint64 { return i.like.Scale() }

// Headline returns 0.
func (*Idle) Headline(*period.Clock) wide.Int { return wide.Int{} }

// Outlook returns what is expected after nothing.
func (i *Idle) Outlook(c *period.Clock, window int, rise *pace.Curves) (of pace.Outlook) {
	i.read(c, func(k Kind) { of = k.Outlook(c, window, rise) })
	return of
}

// Until returns 0 where that is known.
func (i *Idle) Until(c *period.Clock, window int, rise *pace.Curves, start, at period.Minute) (value float64, ok bool) {
	i.read(c, func(k Kind) { value, ok = k.Until(c, window, rise, start, at) })
	return value, ok
}

// Cells appends none.
func (*Idle) Cells(to []Cell, _ *period.Clock, _ usage.Kind, _ int) []Cell { return to }

// Figures writes those of the empty kind.
func (i *Idle) Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	i.read(c, func(k Kind) { k.Figures(c, s, exists) })
}

// Part returns nothing of any user.
func (*Idle) Part(*period.Clock, uint32, Span) (p Part, has bool) { return Part{Class: -1}, false }

// Last returns that no activity is known.
func (*Idle) Last(uint32) period.Minute { return 0 }

// Encode appends the bytes of the empty kind and its values.
func (i *Idle) Encode(e *wire.Encoder) { e.Bytes = append(e.Bytes, i.encoded...) }

// Skip passes over what Encode writes, and reports whether that is next.
func (i *Idle) Skip(d *wire.Decoder) (empty bool) {
	rest, empty := bytes.CutPrefix(d.Bytes, i.encoded)
	d.Bytes = rest
	return empty
}

// Decode is not called: what Skip does not know is read by the kind.
func (*Idle) Decode(d *wire.Decoder, _ int) { d.Fail() }

// RestorePage is not called: the kind is made before.
func (*Idle) RestorePage(*period.Clock, uint8, uint32, []byte) error { return wire.ErrCorrupt }

// Restored has nothing to build.
func (*Idle) Restored(*period.Clock) {}

// HasTraces reports false.
func (*Idle) HasTraces() bool { return false }

// ForgetNames has none.
func (*Idle) ForgetNames() {}

// Encode appends the names of a meter's values, then all of its kind but pages.
func Encode(e *wire.Encoder, kind Kind, values []Values) {
	for i := range values {
		e.Strings(values[i].Names())
	}
	kind.Encode(e)
}
