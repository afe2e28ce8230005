// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// rejoin makes one person of the item's user and of those that this user was by
// earlier spellings. An id that is not known yet may still come, for as long as
// events from before the change are taken in.
func (h *hearing) rejoin(effects []usage.Effect) {
	v := h.v
	if v.Event.User == meter.NoUser || h.refusesAlias(effects) {
		return
	}
	for i := range effects {
		e := &effects[i]
		if e.Kind != usage.Respelled {
			continue
		}
		was, known := h.o.Blocks().Find(h.o.Hashes.User(e.Key))
		if !known {
			changed := h.j.Rules.Spellings[h.j.Rules.Spellings.At(v.Event.Time)].From
			if v.Event.Time >= changed+h.j.Rules.Past {
				continue
			}
			var full bool
			if was, full = h.slot(e.Key); full {
				continue
			}
		}
		x := meter.Effect{Kind: usage.Respelled, Key: was}
		if h.o.SamePerson(was, v.Event.User) {
			continue
		}
		if reason := h.o.Refusal(v.Event.User, v.Event.Time, &x); reason != usage.ReasonNone {
			h.refused.add(e, usage.OverLimit, reason)
			continue
		}
		v.take(x, 0)
	}
}

// refusesAlias reports whether the item's user may not be the person that an
// alias of it names: then the earlier spellings of that id are not theirs either.
func (h *hearing) refusesAlias(effects []usage.Effect) bool {
	for i := range effects {
		if e := &effects[i]; e.Kind == usage.Alias {
			from, known := h.o.Blocks().Find(h.o.Hashes.User(e.Key))
			if known && h.o.Refusal(h.v.Event.User, h.it.Time, &meter.Effect{Kind: usage.Alias, Key: from}) != usage.ReasonNone {
				return true
			}
		}
	}
	return false
}
