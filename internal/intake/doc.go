// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package intake finds what becomes of an item: its one outcome, and where it is
// counted the event that an organization applies (SEMANTICS 1, but for what
// package extract reads from telemetry).
//
//	usage.Batch --LookAhead--> organizations, hashes, users, values are found
//	    |                      and what will change is read from memory, a pass each
//	    v
//	usage.Item --Judge--> Verdict: outcome and reason
//	    |                          event, users and values by number, for Counted
//	    +--> Scribe: new users, values and keys, refused parts, as they come up
//
// The outcome is the first that applies: unmatched, invalid, unauthorized (these
// where extract could tell), unmatched (by the definition in force at the item's
// time in the organization's zone), future, duplicate, and then what the meters
// say of their parts: counted if at least one takes its own, else the first of
// invalid, late, over_limit.
//
// The package decides and gives numbers to new names; it stores nothing, reads
// no clock and writes no log. Limits and spans are in Rules, the time of arrival
// is an argument, and whoever keeps the ledger is the Scribe.
package intake
