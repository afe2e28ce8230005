// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Most of a large ledger's heap are blocks of users, which have no pointers and so cost a
// collection of garbage next to nothing: it may come at half of what is live, and not at as
// much as that, as Go has it. A small heap is as it is everywhere: there is what is sent,
// decoded, that garbage is made of, and collecting it more often would cost.

const (
	usual = 100 // percent of what is live: Go's
	least = 50  // of a large heap
	// some is how much garbage there may be in any case, bytes.
	some = 64 << 20
)

// percentOf is how much garbage there may be beside so many live bytes, in percent.
func percentOf(live uint64) int {
	return int(max(least, min(usual, some*100/max(live, 1))))
}

// boundGarbage sets that after each collection of garbage from now on, unless the operator
// has set the variable GOGC.
func boundGarbage() {
	if os.Getenv("GOGC") == "" {
		new(bound).set()
	}
}

// bound is made anew and dropped with each collection of garbage, which is how it learns of
// them.
type bound struct {
	percent int
	_       *bound // what has no pointers is allocated with others, and lives as long
}

func (b *bound) set() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if percent := percentOf(sample[0].Value.Uint64()); percent != b.percent {
		debug.SetGCPercent(percent)
		b.percent = percent
	}
	runtime.SetFinalizer(&bound{percent: b.percent}, (*bound).set)
}
