// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package meter is the arithmetic of usage: what SEMANTICS 2 to 5 say, as
// state that one owner changes and nobody else sees. It is pure: no clock, no
// goroutine, no I/O, no logger; time is an argument.
//
// An Organization is the unit: nothing is shared between two of them. It holds
//
//	clock      the minute up to which figures are, and the current and recent
//	           periods of each calendar kind (clock.go)
//	users      dense slots, one a person; merged by aliases (users.go)
//	lifecycle  timed transitions of the few users that have any (timeline.go)
//	meters     one state a meter: active.go, concurrent.go, consumption.go
//	held       events ahead of the clock, until their minute (organization.go)
//
// Events come in any order; figures are those of the set of events whose time
// is at or before the minute asked for. Every state can be written to bytes
// and read back (codec.go), and applying the same events after reading gives
// the same state as never having stopped.
package meter
