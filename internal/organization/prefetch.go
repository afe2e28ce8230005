// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// This file asks for memory before it is needed. A million users lie far apart in it: to
// ask for what many items need, step by step, takes a fraction of the time that waiting
// for each of them would. Each step reads what the one before it has asked for.

// Prefetch asks for what every item needs of an organization.
func (o *Organization) Prefetch() {
	prefetch.Head(o, hotBytes)
	prefetch.Head(&o.stream, hotStreamBytes)
	prefetch.Of(&o.closings)
}

// hotBytes and hotStreamBytes are how much of an Organization and its stream that is: of
// the users their table and where blocks are, of what came that of logs.
const (
	hotBytes       = 448
	hotStreamBytes = 104
)

// Blocks returns what is kept by user, in which the users of a batch are found in passes.
func (o *Organization) Blocks() *people.Blocks { return &o.users.Blocks }

// PrefetchMeter asks for what an organization has of a meter.
func (o *Organization) PrefetchMeter(meter uint16) { prefetch.Of(&o.meters[meter]) }

// PrefetchKind asks for the meter's kind and the values of its breakdowns.
func (o *Organization) PrefetchKind(meter uint16) {
	o.meters[meter].Prefetch()
	prefetch.All(o.meters[meter].values)
}

// PrefetchValues asks for the places of the values.
func (o *Organization) PrefetchValues(meter uint16) {
	for i := range o.meters[meter].values {
		o.meters[meter].values[i].Prefetch()
	}
}

// PrefetchUser asks for what the meter keeps of a user.
func (o *Organization) PrefetchUser(meter uint16, slot uint32) { o.meters[meter].PrefetchUser(slot) }

// PrefetchEffect asks for what else an event of the user is about to change in the meter.
// dims are the numbers of its values, each plus one and 0 where there is none yet.
func (o *Organization) PrefetchEffect(meter uint16, slot uint32, dims []uint32) {
	o.meters[meter].PrefetchEvent(slot, dims, 1)
}

// PrefetchEvent asks for what an event is about to change, as far as that is found without
// waiting.
func (o *Organization) PrefetchEvent(ev *meter.Event) {
	if int(ev.User) >= o.Users() {
		return
	}
	o.users.Prefetch(ev.User)
	for i := range ev.Effects {
		switch e := &ev.Effects[i]; e.Kind {
		case usage.Active, usage.Concurrent, usage.Consume:
			o.meters[e.Meter].PrefetchUser(ev.User)
			o.meters[e.Meter].PrefetchEvent(ev.User, e.Dims, 0)
		default:
		}
	}
}

// FindValue returns the number of a breakdown's value that has one.
func (o *Organization) FindValue(meter uint16, breakdown int, name string) (n uint32, known bool) {
	if values := o.meters[meter].values; values != nil {
		return values[breakdown].Find(name)
	}
	return 0, false
}
