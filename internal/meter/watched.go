// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Watched is a kind of which is noted whether anything has changed it: all that does goes
// through here. What is known of it besides stands beside that, in the same line of memory.
type Watched struct {
	Kind
	Same   bool // its figures are those that were written last; whoever writes them sets it
	Ever   bool // it has counted an event
	Number uint16
}

// Start follows the clock's calendar.
func (w *Watched) Start(c *period.Clock) {
	w.Same = false
	w.Kind.Start(c)
}

// Turn follows the clock through a step.
func (w *Watched) Turn(c *period.Clock, t *period.Turn) (changed bool) {
	changed = w.Kind.Turn(c, t) || t.Days > 0 || t.Ended != [usage.NumKinds]int{}
	w.Same = w.Same && !changed
	return changed
}

// Settle makes final what is due of a kind that is a sampler.
func (w *Watched) Settle(c *period.Clock, now int64, collecting bool) (changed bool) {
	changed = w.Kind.(Sampler).Settle(c, now, collecting)
	w.Same = w.Same && !changed
	return changed
}

// Apply counts an effect.
func (w *Watched) Apply(c *period.Clock, ev *Event, e *Effect) (noted bool) {
	w.Same = false
	return w.Kind.Apply(c, ev, e)
}

// Lift takes out what a root counts for.
func (w *Watched) Lift(c *period.Clock, root uint32, of Revision) {
	w.Same = false
	w.Kind.Lift(c, root, of)
}

// Put counts a root as the person is now known.
func (w *Watched) Put(c *period.Clock, root uint32, of Revision) {
	w.Same = false
	w.Kind.Put(c, root, of)
}

// Meet takes out what two roots count for.
func (w *Watched) Meet(c *period.Clock, from, to uint32) {
	w.Same = false
	w.Kind.Meet(c, from, to)
}

// Merge makes one person of two roots.
func (w *Watched) Merge(c *period.Clock, from, to uint32) {
	w.Same = false
	w.Kind.Merge(c, from, to)
}

// ForgetNames drops the names and series of users.
func (w *Watched) ForgetNames() {
	w.Same = false
	w.Kind.ForgetNames()
}

// Used returns what a quota is held against, in millionths.
func (w *Watched) Used(c *period.Clock, window, back int) wide.Int {
	n := w.Use(c, window, back)
	if w.Scale() == usage.Micro {
		return n
	}
	users, _ := n.Int64() // there are 2^32 at the most
	return wide.Product(users, usage.Micro)
}
