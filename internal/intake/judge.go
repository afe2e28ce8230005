// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Judge finds the outcomes of items. It has one owner at a time, who applies a
// Counted item before the next one is judged.
type Judge struct {
	Rules Rules

	batch      *usage.Batch // see Begin
	now        int64        // the arrival; see LookAhead
	duplicates Duplicates
	items      []int32  // of the batch
	ahead      []ahead  // by place among the items
	numbers    []uint32 // by value: its number + 1, or 0 where it has none yet
	dims       []uint32 // of the verdict's effects
	verdict    Verdict
}

// Duplicates knows the keys of the items that sums have counted.
type Duplicates interface {
	Seen(key usage.UID) (bool, error)
	// Prefetch asks for the memory that Seen will need.
	Prefetch(key usage.UID)
}

// Scribe is told what an item brings with it, in the order in which the state has
// to learn of it again. It writes that down before the item's event, in which
// users, values and keys are numbers.
type Scribe interface {
	// NewUser says that a user got a slot.
	NewUser(slot uint32, hash uint64, id string)
	// Returned says that an item names a user whose id was erased.
	Returned(slot uint32, id string)
	// NewValue says that a value of a breakdown took a place.
	NewValue(meter uint16, breakdown int, name string)
	// NewKey says that a key of standing activity got a number.
	NewKey(name string)
	// Refuse says that a meter could not use its part of an item that is counted.
	Refuse(meter uint16, reason usage.Reason)
	// Incomplete says that a limit keeps a user from a meter.
	Incomplete(meter uint16)
}

// Verdict is what becomes of an item.
type Verdict struct {
	Outcome usage.Outcome
	Reason  usage.Reason

	// The rest is of Counted items and valid until the next one is judged.

	Event    meter.Event
	Versions []uint8 // of definitions, by effect of the event
	// UID is the key by which duplicates are found, where Summed: an item that no
	// sum counts needs none.
	UID    usage.UID
	Summed bool
}

// take adds an effect to the event.
func (v *Verdict) take(e meter.Effect, version uint8) {
	v.Event.Effects = append(v.Event.Effects, e)
	v.Versions = append(v.Versions, version)
}

// Judge finds what becomes of an item, the one at a place among those of
// LookAhead, which is counted in an organization; refused says why that is not
// where it says, see Rules.Place. An error is of Duplicates: nothing is known of
// the item then.
func (j *Judge) Judge(place int, o *Subject, refused usage.Reason, to Scribe) (*Verdict, error) {
	it, v := &j.batch.Items[j.items[place]], &j.verdict
	h := hearing{j: j, o: o, it: it, at: &j.ahead[place], to: to, v: v}
	var err error
	switch {
	case refused != usage.ReasonNone:
		v.Outcome, v.Reason = notPlaced(refused), refused
	case it.Outcome != usage.Pending:
		v.Outcome, v.Reason = h.extracted()
	default:
		v.Outcome, v.Reason, err = h.judge()
	}
	return v, err
}

// hearing is the judging of one item.
type hearing struct {
	j  *Judge
	o  *Subject
	it *usage.Item
	at *ahead
	to Scribe
	v  *Verdict

	late    bool // beyond the acceptance span, which some effects do not mind
	full    bool // the user is one more than the organization may have
	refused refusal
}

// extracted returns the outcome of an item that extract could judge. Whether what
// it matched was in force depends on the organization's zone, which extract does
// not know, and on its time: that of no century was matched by any definition.
func (h *hearing) extracted() (usage.Outcome, usage.Reason) {
	effects := h.j.batch.EffectsOf(h.it)
	for i := range effects {
		if h.it.Time < usage.Year2000 || h.inForce(&effects[i]) {
			return h.it.Outcome, h.it.Reason
		}
	}
	if len(effects) > 0 {
		return usage.Unmatched, usage.ReasonNone
	}
	return h.it.Outcome, h.it.Reason
}

// judge finds the outcome of an item that extract could not judge, and for
// Counted the event.
func (h *hearing) judge() (usage.Outcome, usage.Reason, error) {
	j, it, v := h.j, h.it, h.v
	v.Event.Time, v.Event.User = it.Time, meter.NoUser
	v.Event.Effects, v.Versions, v.Summed, j.dims = v.Event.Effects[:0], v.Versions[:0], false, j.dims[:0]
	h.late = it.Time < j.now-j.Rules.Past
	effects := j.batch.EffectsOf(it)
	matched, needsUser := h.match(effects)
	switch {
	case !matched:
		return usage.Unmatched, usage.ReasonNone, nil
	case it.Time > j.now+j.Rules.Future:
		return usage.Future, usage.ReasonNone, nil
	}
	user := meter.NoUser
	if needsUser && it.User != "" {
		user = h.user()
	}
	if v.Summed {
		switch seen, err := h.seen(); {
		case err != nil:
			return usage.Pending, usage.ReasonNone, err
		case seen:
			return usage.Duplicate, usage.ReasonNone, nil
		}
	}
	v.Event.User = user
	h.rejoin(effects)
	rejoined := len(v.Event.Effects)
	for i := range effects {
		if e := &effects[i]; h.applies(e) && !h.tooLate(e) {
			h.effect(e)
		}
	}
	if len(v.Event.Effects) == rejoined {
		return h.refused.outcome, h.refused.reason, nil
	}
	for _, r := range h.refused.meters[:h.refused.n] {
		h.to.Refuse(r.meter, r.reason)
	}
	return usage.Counted, usage.ReasonNone, nil
}

// match looks through the effects of an item: whether any definition in force
// matched it, and whether what it did needs a user.
func (h *hearing) match(effects []usage.Effect) (matched, needsUser bool) {
	for i := range effects {
		e := &effects[i]
		if !h.applies(e) {
			continue
		}
		matched = true
		if h.tooLate(e) {
			h.refused.add(e, usage.Late, usage.ReasonLate)
			continue
		}
		needsUser = needsUser || h.byUser(e) || e.Kind != usage.Consume && e.Kind != usage.Rejected
		h.v.Summed = h.v.Summed || e.Kind == usage.Consume
	}
	return matched, needsUser
}

// applies reports whether an effect is one of the item's action, by a definition
// that was in force.
func (h *hearing) applies(e *usage.Effect) bool { return e.Kind != usage.Respelled && h.inForce(e) }

// inForce reports whether the definition that an effect is by was in force.
func (h *hearing) inForce(e *usage.Effect) bool {
	return ofUser(e) || h.o.InForce(&h.j.Rules.Meters[e.Meter], e, h.it.Time)
}

// tooLate reports whether an effect has a past limit that the item is beyond.
func (h *hearing) tooLate(e *usage.Effect) bool { return h.late && !timeless(e.Kind) }

// seen sets the item's key, and reports whether sums have counted the item by it
// or by the one that it had before.
func (h *hearing) seen() (bool, error) {
	if h.v.UID = h.at.key; !h.at.keyed {
		h.v.UID = h.o.Hashes.Item(h.it)
	}
	seen, err := h.j.duplicates.Seen(h.v.UID)
	if seen || err != nil {
		return seen, err
	}
	former, had := h.o.Hashes.Former(h.it)
	if !had {
		return false, nil
	}
	return h.j.duplicates.Seen(former)
}

// ofUser reports whether an effect is on the user alone, and of no meter.
func ofUser(e *usage.Effect) bool {
	return e.Kind == usage.Lifecycle || e.Kind == usage.Alias || e.Meter == usage.NoMeter
}

// timeless reports whether an effect has no past limit.
func timeless(k usage.EffectKind) bool {
	return k == usage.Lifecycle || k == usage.Alias || k == usage.StandingOn || k == usage.StandingOff
}

// refusal gathers why meters could not use their part. An item that nobody
// uses gets the outcome of the first.
type refusal struct {
	outcome usage.Outcome
	reason  usage.Reason
	meters  [8]struct {
		meter  uint16
		reason usage.Reason
	}
	n int
}

func (r *refusal) add(e *usage.Effect, outcome usage.Outcome, reason usage.Reason) {
	if r.outcome == usage.Pending || outcome < r.outcome {
		r.outcome, r.reason = outcome, reason
	}
	if !ofUser(e) && r.n < len(r.meters) {
		r.meters[r.n].meter, r.meters[r.n].reason = e.Meter, reason
		r.n++
	}
}
