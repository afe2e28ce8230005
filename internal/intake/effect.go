// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// effect turns one effect into numbers and adds it to the event, or refuses it.
func (h *hearing) effect(e *usage.Effect) {
	user, full := h.v.Event.User, h.full
	x := meter.Effect{Kind: e.Kind, Meter: e.Meter, Class: e.Class, Roles: e.Roles, Status: e.Status, Value: e.Value}
	switch e.Kind {
	case usage.Rejected:
		h.refused.add(e, usage.Invalid, e.Reason)
		return
	case usage.Consume:
		x.ByUser = h.byUser(e) && user != meter.NoUser
		x.Averages = h.j.batch.AveragesOf(e)
		if h.byUser(e) && full {
			h.to.Refuse(e.Meter, usage.ReasonUsers)
		}
		full = false // the total counts all the same
	case usage.Alias:
		if !full {
			x.Key, full = h.slot(e.Key)
		}
	case usage.StandingOn, usage.StandingOff:
		x.Key = h.o.FindKey(e.Key)
	default:
	}
	switch {
	case full:
		h.refuseUser(e)
		return
	case user == meter.NoUser && e.Kind != usage.Consume:
		h.refused.add(e, usage.Invalid, usage.ReasonNoUser)
		return
	}
	switch reason := h.o.Refusal(user, h.it.Time, &x); reason {
	case usage.ReasonNone:
		if x.Key == organization.NoKey {
			x.Key = h.newKey(e.Key)
		}
		x.Dims = h.dims(e)
		h.v.take(x, e.Version)
	case usage.ReasonTransitions, usage.ReasonStandingKeys:
		h.refused.add(e, usage.OverLimit, reason)
	default:
		h.refused.add(e, usage.Invalid, reason)
	}
}

// refuseUser refuses an effect for a user beyond the limit and says that the
// meter's figures are incomplete.
func (h *hearing) refuseUser(e *usage.Effect) {
	h.refused.add(e, usage.OverLimit, usage.ReasonUsers)
	if e.Kind != usage.Lifecycle && e.Kind != usage.Alias {
		h.to.Incomplete(e.Meter)
	}
}

// byUser reports whether an effect is on a sum that is kept by user.
func (h *hearing) byUser(e *usage.Effect) bool {
	return e.Kind == usage.Consume && h.j.Rules.Meters[e.Meter].ByUser != nil
}

// user returns the slot of the item's user.
func (h *hearing) user() (slot uint32) {
	if h.at.guessed {
		if slot, known := h.o.Blocks().Confirm(h.at.user, h.at.hash); known {
			return h.known(slot, h.it.User)
		}
	}
	slot, h.full = h.slot(h.it.User)
	return slot
}

// slot returns the slot of a user id, making a new one; full is set where the
// organization may have no more.
func (h *hearing) slot(id string) (slot uint32, full bool) {
	hash := h.o.Hashes.User(id)
	if slot, known := h.o.Blocks().Find(hash); known {
		return h.known(slot, id), false
	}
	if h.o.Users() >= h.j.Rules.Limits.UsersPerOrganization {
		return meter.NoUser, true
	}
	slot = h.o.Blocks().Insert(hash)
	h.to.NewUser(slot, hash, id)
	return slot, false
}

// known returns the slot of a user who has one.
func (h *hearing) known(slot uint32, id string) uint32 {
	if h.o.Nameless(slot) {
		h.to.Returned(slot, id)
	}
	return slot
}

// newKey gives a standing key a number.
func (h *hearing) newKey(name string) uint32 {
	h.to.NewKey(name)
	return h.o.Key(name)
}

// dims returns the numbers of an effect's values.
func (h *hearing) dims(e *usage.Effect) []uint32 {
	if e.NumValues == 0 {
		return nil
	}
	j := h.j
	from := len(j.dims)
	for i, value := range j.batch.ValuesOf(e) {
		if known := j.numbers[int(e.FirstValue)+i]; known != 0 {
			j.dims = append(j.dims, known-1)
			continue
		}
		n, isNew := h.o.Value(e.Meter, i, value)
		if isNew {
			h.to.NewValue(e.Meter, i, value)
		}
		j.dims = append(j.dims, n)
	}
	return j.dims[from:len(j.dims):len(j.dims)]
}
