// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// FindValue returns the number of a breakdown's value, by its ValueHash, that
// has one.
func (o *Organization) FindValue(meter uint16, breakdown int, hash uint64) (n uint32, known bool) {
	if values := o.meters[meter].values; values != nil {
		return values[breakdown].Find(hash)
	}
	return 0, false
}

// PrefetchUser, GuessUser, PrefetchBlock and ConfirmUser find the users of a batch
// in passes, see people.Blocks.

// PrefetchUser asks for where a user is found by the hash.
func (o *Organization) PrefetchUser(hash uint64) { o.users.PrefetchTable(hash) }

// GuessUser returns what FindUser does, but for a few that are others.
func (o *Organization) GuessUser(hash uint64) (slot uint32, ok bool) { return o.users.Guess(hash) }

// PrefetchBlock asks for what is kept of a user.
func (o *Organization) PrefetchBlock(slot uint32) { o.users.PrefetchBlock(slot) }

// ConfirmUser returns what FindUser does, at once where a guess is right.
func (o *Organization) ConfirmUser(guess uint32, hash uint64) (slot uint32, known bool) {
	return o.users.Confirm(guess, hash)
}

// PrefetchEffect asks for the memory of what an event of a user is about to change in a
// meter, and changes nothing. dims are the numbers of its values, each plus one and 0
// where there is none yet.
func (o *Organization) PrefetchEffect(meter uint16, user uint32, dims []uint32) {
	o.prefetch(meter, user, dims, 1)
}

// PrefetchEvent does so for all effects of an event.
func (o *Organization) PrefetchEvent(ev *meter.Event) {
	if int(ev.User) >= o.Users() {
		return
	}
	o.users.PrefetchBlock(ev.User)
	for i := range ev.Effects {
		switch e := &ev.Effects[i]; e.Kind {
		case usage.Active, usage.Concurrent, usage.Consume:
			o.prefetch(e.Meter, ev.User, e.Dims, 0)
		default:
		}
	}
}

// prefetch takes dims as numbers plus first; what is less than first is none.
func (o *Organization) prefetch(meter uint16, user uint32, dims []uint32, first uint32) {
	s := &o.meters[meter]
	s.PrefetchEvent(user, dims, first)
	for i, values := range s.values { // none of an idle meter, whatever an event brings
		if i < len(dims) && dims[i] >= first {
			values.Prefetch(dims[i] - first)
		}
	}
}
