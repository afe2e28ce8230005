// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

// goalID is a figure that has a goal.
type goalID int

const (
	noGoal goalID = iota - 1
	addedUniform
	addedSessions
	addedDurable
	addedDurable64
	peersAdded
	durableShare
	durableRate
	allocations
	logBytes
	liveAll
	liveOne
	rss
	collectMany
	collectFigure
	restartClean
	restartCrash
	checkpointStop
	tenMillionRSS
	tenMillionRestart
	tenMillionStop
	numGoals
)

// goal is a figure and what it should be, for a million users in a thousand
// organizations.
type goal struct {
	what    string
	before  string // measured before the ledger was built anew
	limit   float64
	atLeast bool   // else at most
	written string // how the limit is written; "": by its unit
	unit    unit
}

// goals of docs/performance.md, in the order of its table.
var goals = [numGoals]goal{
	addedUniform:      {what: "CPU added a record / pdata decoding, nothing on disk, uniform", before: "5.1x", limit: 0.80, unit: ratio},
	addedSessions:     {what: "- in sessions, Zipf organizations", before: "4.1x", limit: 0.70, unit: ratio},
	addedDurable:      {what: "- on disk, one request in flight, uniform", before: "6.4x", limit: 1.5, unit: ratio},
	addedDurable64:    {what: "- on disk, 64 in flight, uniform", before: "-", limit: 1.0, unit: ratio},
	peersAdded:        {what: "countconnector -> deltatocumulative / ours, nothing on disk", before: "0.6x", limit: 2.3, atLeast: true, unit: ratio},
	durableShare:      {what: "durable / volatile throughput, 64 in flight", before: "0.79x", limit: 0.8, atLeast: true, unit: ratio},
	durableRate:       {what: "durable records a second, 64 in flight", before: "0.18 M", limit: 0.9e6, atLeast: true, unit: millions},
	allocations:       {what: "allocations a record", before: "0.31", limit: 0.005, written: "0", unit: count},
	logBytes:          {what: "bytes of log a record", before: "26 B", limit: 16, unit: someBytes},
	liveAll:           {what: "live bytes of a user, all meters", before: "~830 B", limit: 400, unit: wholeBytes},
	liveOne:           {what: "live bytes of a user, one meter with 7 windows", before: "43 B", limit: 36, unit: wholeBytes},
	rss:               {what: "RSS, all meters", before: "2.7 GB", limit: 1.1e9, unit: gigabytes},
	collectMany:       {what: "Collect, 1,000 users an organization / 10", before: "1.33x", limit: 1.1, unit: ratio},
	collectFigure:     {what: "CPU of Collect a figure", before: "117 ns", limit: 40, unit: nanoseconds},
	restartClean:      {what: "restart to the first right answer, after a clean end", before: "5.1 s", limit: 0.7, unit: seconds},
	restartCrash:      {what: "- after a crash", before: "11.1 s", limit: 2, unit: seconds},
	checkpointStop:    {what: "longest stop of a request by a checkpoint, p99.9", before: "-", limit: 0.020, unit: seconds},
	tenMillionRSS:     {what: "10 M users: RSS", before: "not tried", limit: 8e9, unit: gigabytes},
	tenMillionRestart: {what: "- restart after a clean end", before: "not tried", limit: 10, unit: seconds},
	tenMillionStop:    {what: "- longest wait of a request beside checkpoints", before: "not tried", limit: 0.050, unit: seconds},
}

// bound is the goal as it is written.
func (g goal) bound() string {
	switch {
	case g.written != "":
		return g.written
	case g.atLeast:
		return ">= " + g.unit(g.limit)
	default:
		return "<= " + g.unit(g.limit)
	}
}

// met reports whether a measurement reaches the goal.
func (g goal) met(value float64) bool {
	if g.atLeast {
		return value >= g.limit
	}
	return value <= g.limit
}
