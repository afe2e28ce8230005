// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// NoUser is the slot of an event that names no user.
const NoUser = ^uint32(0)

// Event is an accepted item of one organization with every name resolved:
// users and values are small numbers, the version of each definition has been
// picked. Applying the same events gives the same state, in any order.
type Event struct {
	Time    int64 // ns since 1970
	User    uint32
	Effects []Effect
}

// Effect is what an event does to one meter, or (Lifecycle, Alias) to the user.
type Effect struct {
	Kind   usage.EffectKind
	Meter  uint16
	Class  uint8 // Active, StandingOn, StandingOff
	Roles  usage.Roles
	Status usage.Status
	Key    uint32 // standing key, or the user slot that an alias or another spelling makes one with User
	Value  int64  // Consume: millionths
	// ByUser says that a Consume counts in the breakdown by user.
	ByUser bool
	// Dims holds the value's number for each breakdown of the meter.
	Dims []uint32
	// Averages holds one entry for each average of the meter.
	Averages []usage.Average
}
