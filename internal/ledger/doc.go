// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger is the durable book: the state of every organization in
// memory (package meter), and on disk (Pebble) what restores it.
//
//	Record ---> intake: names to numbers, outcome ---> meter.Organization
//	               |                                        |
//	               v                                        | now and then
//	            redo entries --group commit, synced--> disk <-- checkpoint
//	               |
//	               +--> acknowledged
//
// Every change of state is a redo entry, and applying entries is
// deterministic: the state after a restart is the checkpoint of each
// organization and the entries after it. Requests that arrive together share
// one commit and one sync; a request is acknowledged when the commit that holds
// its entries is on disk, also if it changed nothing, since what it repeats may
// be another's that is not yet there.
//
// File order follows the way of an event: intake.go, book.go, redo.go,
// commit.go, checkpoint.go; load.go reads it all back. docs/state-format.md
// says what the keys and values are.
package ledger
