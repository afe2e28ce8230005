// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A user whose id was erased has no name any more. What they did still counts;
// where users are shown by name they are among the rest.

// SetNameless says that a user has no name, or has one again.
func (o *Organization) SetNameless(slot uint32, nameless bool) {
	if nameless {
		o.users.Unnamed.Set(slot)
	} else {
		o.users.Unnamed.Unset(slot)
	}
	for i := range o.meters {
		o.meters[i].ForgetNames()
	}
}

// Nameless reports whether a user has no name.
func (o *Organization) Nameless(slot uint32) bool { return o.users.Unnamed.Has(slot) }

// ForgetUser takes the hash by which a user is found: nobody is found by what is
// put in its place.
func (o *Organization) ForgetUser(slot uint32, instead uint64) { o.users.Forget(slot, instead) }

// OpenUntil returns the first minute at which all periods are past that
// something may lie in which a user did up to a minute, with the time in which
// what is late is taken in.
func (o *Organization) OpenUntil(m period.Minute) (until period.Minute) {
	for i := range o.defs.Meters {
		for _, w := range o.defs.Meters[i].Windows {
			end := m + period.LengthOf(w)
			if w.Kind != usage.Rolling {
				end = period.MinuteOf(o.clock.Calendar.Period(w.Kind, m.Time()).End)
			}
			until = max(until, end)
		}
	}
	return max(until, m) + o.clock.Past
}

// HasName reports whether a breakdown's value or a standing key is called so,
// which is no value of a configured list.
func (o *Organization) HasName(name string) bool {
	found := o.keys.Named(name) >= 0
	o.eachValues(func(v *meter.Values) { found = found || v.Named(name) >= 0 })
	return found
}

// ForgetName calls breakdown values and standing keys of a name otherwise. What
// is counted under them stays; if the name comes again, it is another value.
func (o *Organization) ForgetName(name string) {
	o.keys.Forget(name)
	o.eachValues(func(v *meter.Values) { v.Forget(name) })
	o.showAnew()
}

func (o *Organization) eachValues(f func(*meter.Values)) {
	for i := range o.meters {
		for b := range o.meters[i].values {
			if v := &o.meters[i].values[b]; !v.Fixed() {
				f(v)
			}
		}
	}
}

// Hide takes figures out of those that are set aside for the next collection.
func (o *Organization) Hide(names func(*usage.Series) bool) {
	o.aside = slices.DeleteFunc(slices.Clone(o.aside), func(f usage.Figure) bool { return names(f.Series) })
	o.showAnew()
}
