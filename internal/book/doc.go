// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package book is the durable state of all organizations: in memory, and on disk
// what restores it, a log, a snapshot (package part) and rows.
//
//	Clerk ----> intake.Judge: names to numbers, outcome ---> organization.Organization
//	               |                                              |
//	               v Gather                                       | Checkpoint: journals, first items --> rows
//	     Pending: redo entries, rows                              |             head, closings, pages
//	               | Seal                                         v
//	               +----> Commit: log, synced --rows--> rows   snapshot
//	                                |                    |        |
//	Open <---- replay: entries -----+--------------------+--------+
//
// Every change of state is a redo entry, and applying entries is deterministic: the
// state after a restart is what was saved of each organization and the entries after it.
//
// A Book has no lock and no goroutine, and waits for nobody. It has one owner at a
// time, which is package ledger, but for three things: each shard of organizations
// may have an owner of its own, who takes items in with a Clerk; the line of groups
// may have one; and Commit concerns sealed groups only. What an item counts for is
// decided in package intake, what an entry does in package redo.
//
// File order follows the way of an event: clerk.go, record.go, book.go, commit.go,
// checkpoint.go; load.go, log.go, organizations.go and replay.go read it all back.
// docs/state-format.md says what is where.
package book
