// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"time"
)

// settings of a run.
type settings struct {
	config    string    // collector configuration
	program   string    // the distribution, which the row door runs
	directory string    // where temporary directories are made
	tmpfs     string    // the same of ledgers in memory
	progress  io.Writer // what is under way
	peers     peersFunc // nil: leave them out

	organizations int
	users         int // of all organizations together
	few           int // so many times fewer users has the small ledger of collect
	many          int // so many times more users has the ledger of ten-million

	rounds   int // of every measurement that is repeated
	chunks   int // of a round of records
	requests int // of a chunk

	minutes    int           // of a round of collections
	flight     time.Duration // of one round of requests in flight
	redo       int           // requests that no checkpoint covers before a crash
	reopenings int           // of each kind

	paced     time.Duration // of one round of requests beside checkpoints
	foldBytes int64         // redo between those checkpoints
}

// full is the run whose figures are recorded, and for which the goals are.
func full() settings {
	return settings{
		tmpfs: "/dev/shm", organizations: 1000, users: 1_000_000, few: 100, many: 10,
		rounds: 5, chunks: 2, requests: 600,
		minutes: 18, flight: 4 * time.Second, redo: 5000, reopenings: 3,
		paced: 30 * time.Second, foldBytes: 8 << 20,
	}
}

// quick is the run of a few minutes: a tenth of the users, shorter rounds.
func quick() settings {
	return settings{
		tmpfs: "/dev/shm", organizations: 1000, users: 100_000, few: 10, many: 10,
		rounds: 3, chunks: 1, requests: 200,
		minutes: 8, flight: time.Second, redo: 1000, reopenings: 2,
		paced: 8 * time.Second, foldBytes: 2 << 20,
	}
}

// tiny runs through everything in seconds; its figures mean nothing.
func tiny() settings {
	return settings{
		organizations: 8, users: 160, few: 10, many: 10,
		rounds: 2, chunks: 1, requests: 3,
		minutes: 2, flight: 20 * time.Millisecond, redo: 4, reopenings: 1,
		paced: 60 * time.Millisecond, foldBytes: 4 << 10,
	}
}
