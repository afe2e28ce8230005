// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package heap fits Go's heap to a large ledger.
//
//	Tune --once--> pages_linux.go  what it is going to grow into is on huge pages
//	           '-> garbage.go      a large heap has less garbage before it is collected
package heap

import "sync"

// Tune does both for the process. It comes before the ledger is opened; a collector that is
// configured anew calls it again, which changes nothing.
func Tune() { tune() }

var tune = sync.OnceFunc(func() {
	preferHugePages()
	boundGarbage()
})
