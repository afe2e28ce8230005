// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package aside

import "time"

const (
	// atOnce is how long one computes before it steps aside: what others wait for at
	// the most, each time that they wait.
	atOnce = 500 * time.Microsecond
	// nap is short. It is no more than a reason for the runtime to look elsewhere: a
	// processor asks the network what has arrived when it has nothing else to run, and
	// runtime.Gosched leaves it something. With all processors busy nobody asks for
	// 10 ms, see docs/decisions/0033.
	nap = 5 * time.Microsecond
)

// Worker is what computes for long, by one goroutine at a time. The zero value has
// yet to begin.
type Worker struct{ began time.Time }

// Aside is called often, each some 10 µs or less, and naps where it is time to.
func (w *Worker) Aside() {
	now := time.Now()
	if w.began.IsZero() {
		w.began = now
	}
	if now.Sub(w.began) < atOnce {
		return
	}
	time.Sleep(nap)
	w.began = time.Now()
}
