// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package organization is one customer: its clock, its users and its meters, and
// the arithmetic of SEMANTICS 2 to 6 and 8 on them.
//
//	event --Apply--> held, if it is ahead of the clock
//	            |--> people: root of the user, lifecycle, standing activity
//	            |--> closing: does it change closed periods?
//	            '--> meters: active, concurrent, consumption
//	arrival --Advance--\
//	collection --Collect--> minutes that passed: periods end, statements, curves,
//	                        samples, quotas --> figures
//
// An Organization is the unit: nothing is shared between two of them but their
// definitions and series (Shared). It has one owner, and is pure: no clock, no
// goroutine, no I/O, no logger; time is an argument. Events come in any order;
// figures are those of the set of events whose time is at or before the minute
// asked for. Its state can be written to bytes and read back (state.go), and
// applying the same events after that gives the same state as never having
// stopped.
package organization
