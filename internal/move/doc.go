// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package move takes an organization from one ledger directory to another, while no
// process uses either.
//
//	source                                     target
//	has it                                     MOVING: names the move; no ledger opens it
//	                --- rows, counted keys ---> rows under a number that nobody has
//	                --- compared: rows, figures of the same minutes ---
//	commit: rows gone, "moved" remembered
//	                                           commit: the organization is there
//	                                           MOVING removed
//
// The source lets go in one batch, and only when the target has all of it on disk and
// gives the same figures. So a kill leaves the organization in the source, or in
// the target, or, between the two commits, in the target's rows, where the next run
// finds it and goes on; a ledger does not open the target meanwhile. It is never in both.
//
// Rows are copied as they are, under another number: what they mean is not known
// here, but for the head, which begins with a position in the log of its ledger.
// Keys of counted items are hashes under the organization's secret, which goes with
// it: nobody can tell whose a key is, so all of the source's keys are copied.
//
// Between ledgers that run, package transfer makes the steps, and [Write] and [Reader]
// are the way of the same rows: a stream, of an organization that nothing changes of.
//
// File order follows the way: directory.go, organization.go, copy.go, same.go, move.go,
// stream.go.
package move
