// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger is the durable book: the state of every organization in
// memory (package meter), and on disk what restores it: a log, and rows (Pebble).
//
//	Record ---> intake.Judge: names to numbers, outcome ---> organization.Organization
//	               |                                              |
//	               v                                              | now and then
//	     redo entries, rows --group commit, synced--> log --rows--> Pebble <-- checkpoint
//	               |                                   |             |
//	               +--> acknowledged                   |             +--> archive: statements, bills, first items
//	                                                   +--> released behind a checkpoint
//
// Every change of state is a redo entry, and applying entries is
// deterministic: the state after a restart is the checkpoint of each
// organization and the entries after it. Requests that arrive together share
// one commit and one sync; a request is acknowledged when the commit that holds
// its entries is on disk, also if it changed nothing, since what it repeats may
// be another's that is not yet there.
//
// The package is the shell around that: locks, goroutines, Pebble and the log.
// What an item counts for is decided in package intake, what an entry does in
// package redo, and what was written down for good is read by package archive.
//
// File order follows the way of an event: record.go, book.go, group.go,
// commit.go, checkpoint.go; load.go, log.go and replay.go read it all back.
// docs/state-format.md says what the keys and values are.
package ledger
