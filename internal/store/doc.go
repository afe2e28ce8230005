// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package store is how a ledger directory keeps bytes: a log of what happened,
// and a snapshot of what came of it. What the bytes mean is not known here.
//
//	a commit ----> log.Append ----> log-*   synced, then acknowledged
//	                                  |
//	changed parts, now and then       |  Release: what the snapshot has
//	     |                            |  is dropped, segments are used again
//	     v                            |
//	snapshot.Begin, Put, Drop, Commit(meta: the log's number)
//	     |
//	     v
//	parts-* + SNAPSHOT               replaced as a whole, by rename
//
//	a start:  snapshot.Open, Load  --->  log.Open(from the number in meta)
//
// The two are packages of their own, which do not know each other: the caller
// writes into a snapshot's meta up to which number of the log it has
// everything, and hands that number to the log. Here is what both need.
//
// docs/state-format.md and docs/state-snapshot.md have the bytes.
package store
