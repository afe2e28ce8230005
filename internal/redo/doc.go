// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package redo is what the ledger writes down before it acknowledges: entries,
// each of which is one change of state, in the order in which the changes were
// made.
//
//	item ---> Event{...}.Append ---> bytes, committed ---> Reading.Read ---> Event.Apply
//	           (state has changed)      |                  (after a restart, or from a journal)
//	                                    +--> dropped once a checkpoint covers them
//
// Each type of entry is in one place: its number, its fields, how they are
// written and read, and what it does to an organization. Applying the same
// entries to the same state gives the same state.
//
//	of the ledger           Arrival, Collect, Recover
//	makes an organization   Open
//	of one organization     Event, Count, Refuse, Incomplete, Sampled; Value, Key, ForgetName;
//	                        Calendar, Quotas, Terms
//
// The bytes are those of docs/state-format.md. Reading checks that bytes are
// well formed; that they name what an organization has is up to whoever wrote
// them.
package redo
