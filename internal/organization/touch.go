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
	return o.meters[meter].values[breakdown].Find(hash)
}

// Touch reads from memory what an event of a user is about to change in a
// meter, and changes nothing. dims are the numbers of its values, each plus one
// and 0 where there is none yet. What it returns means nothing: it is there so
// that the reading is done.
func (o *Organization) Touch(meter uint16, user uint32, dims []uint32) uint64 {
	return o.touch(meter, user, dims, 1)
}

// TouchEvent does so for all effects of an event.
func (o *Organization) TouchEvent(ev *meter.Event) (n uint64) {
	if int(ev.User) >= o.Users() {
		return 0
	}
	for i := range ev.Effects {
		switch e := &ev.Effects[i]; e.Kind {
		case usage.Active, usage.Concurrent, usage.Consume:
			n += o.touch(e.Meter, ev.User, e.Dims, 0)
		default:
		}
	}
	return n
}

// touch takes dims as numbers plus first; what is less than first is none.
func (o *Organization) touch(meter uint16, user uint32, dims []uint32, first uint32) uint64 {
	return o.meters[meter].Touch(user, dims, first)
}
