// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger is the durable book of usage, for callers that come at the same
// time: the shell around package book.
//
//	Record, Collect ---> locks --> book.Book ---> Pending
//	        |                        ^   |           | commitLoop: one record of the log, one sync
//	        |  waits for its group   |   |           v
//	        +<-------------------------- | ------ on disk
//	                                 |   | foldLoop: checkpoint
//	   revive: after a failed write  |   v
//	   the directory is opened anew -+  rows; the log before is released
//
// Requests that arrive together share one commit and one sync; a request is
// acknowledged when the commit that holds its entries is on disk, also if it
// changed nothing, since what it repeats may be another's that is not yet there.
//
// Items are taken in under the lock of their organizations' shard, a stretch of a
// batch at a time (reception.go), so that customers do not wait for one another; for
// the order of locks see Ledger.
//
// Here are locks, goroutines, and what takes several steps: commit.go,
// checkpoint.go, revive.go, space.go; erasing (erase.go, erase_user.go, purge.go)
// and backup.go; and the questions, which package inquiry answers while the lock is
// held: users.go, explain.go, statements.go.
package ledger
