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
	// soon is how long one computes before it is one of those that hold others up, a
	// bomb or a query over months. From then on it sleeps as long as it computes: others
	// share the processors with it half of the time only.
	soon = 50 * time.Millisecond
	// maxNap is for who was not let run meanwhile, or comes here late.
	maxNap = 2 * atOnce
)

// Worker is what computes for long, by one goroutine at a time. The zero value has
// yet to begin.
type Worker struct {
	began  time.Time
	before time.Duration // for which it has computed
}

// Aside is called often, each some 10 µs or less, and naps where it is time to.
func (w *Worker) Aside() {
	now := time.Now()
	if w.began.IsZero() {
		w.began = now
	}
	computed := now.Sub(w.began)
	if computed < atOnce {
		return
	}
	if w.before += computed; w.before < soon {
		time.Sleep(nap)
	} else {
		time.Sleep(min(computed, maxNap))
	}
	w.began = time.Now()
}
