// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package holdings is what the directory of the embedded store consists of: its
// blocks and the segments of its two logs. Prometheus' TSDB writes down nowhere
// what it has, and takes a directory with less for one that never had more. So a
// list is kept, in the directory and beside it:
//
//	<directory>/holdings.json
//	<directory>.holdings.json   stays where the directory is lost
//
// It is replaced after what it says is on disk. What it says and the directory has
// not any more, neither by itself nor as a part of a larger block, and what is not
// older than the retention, is lost: [Compare] names it.
//
//	Survey(directory) --> what is there
//	Read(directory)   --> what was there  --Compare--> losses
//	Write(directory)  <-- what is there, and the losses of the last week
//
// [Open] opens the TSDB without what of it is damaged, and [Keeper.Look] surveys it
// while it is open.
package holdings
