// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package lanes does work side by side that has an order in lanes only: items of one
// lane are applied one after another, those of different lanes by different workers.
//
//	Next, Enter --> stretch { lane 7: a d e | lane 12: b c | ... } --lane by lane--> workers
package lanes

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Lanes gathers items, and applies a stretch of them while the next one is gathered. A
// worker is given all items that a lane has in the stretch at once, so that what it needs
// for the lane is read from memory once. The gathering has one owner.
type Lanes[T any] struct {
	apply    func(lane iter.Seq[*T]) error
	gathered *stretch[T]
	other    *stretch[T]    // which is applied, or was
	applying errgroup.Group // by its workers
}

// stretch is items in a row. Its memory is used again.
type stretch[T any] struct {
	items []T
	n     int
	next  []int32          // by item: the next one of its lane; 0: none
	first []int32          // of each lane that has items: the first one
	last  map[uint32]int32 // by lane
	taken atomic.Int64     // how many of first
}

// New returns lanes whose stretches have so many items. apply is called by several
// workers at the same time, for different lanes.
func New[T any](length int, apply func(lane iter.Seq[*T]) error) *Lanes[T] {
	return &Lanes[T]{apply: apply, gathered: newStretch[T](length), other: newStretch[T](length)}
}

func newStretch[T any](length int) *stretch[T] {
	return &stretch[T]{items: make([]T, length), next: make([]int32, length), last: map[uint32]int32{}}
}

// Next returns the next item, as an earlier use has left it, to be filled and entered.
func (l *Lanes[T]) Next() (*T, error) {
	if l.gathered.n == len(l.gathered.items) {
		if err := l.begin(); err != nil {
			return nil, err
		}
	}
	return &l.gathered.items[l.gathered.n], nil
}

// Enter puts what Next returned last into a lane; Finish was not called since.
func (l *Lanes[T]) Enter(lane uint32) {
	s := l.gathered
	at := int32(s.n)
	if before, has := s.last[lane]; has {
		s.next[before] = at
	} else {
		s.first = append(s.first, at)
	}
	s.next[at], s.last[lane] = 0, at
	s.n++
}

// begin begins to apply what was gathered, and to gather anew.
func (l *Lanes[T]) begin() error {
	if err := l.applying.Wait(); err != nil {
		return err
	}
	l.gathered, l.other = l.other, l.gathered
	l.gathered.empty()
	for range min(runtime.GOMAXPROCS(0), len(l.other.first)) {
		l.applying.Go(func() error { return l.other.work(l.apply) })
	}
	return nil
}

// Finish returns when all that was entered is applied. What Next returned last and was not
// entered stays as it is until Next is called again.
func (l *Lanes[T]) Finish() error {
	if err := l.begin(); err != nil {
		return err
	}
	return l.applying.Wait()
}

func (s *stretch[T]) empty() {
	s.n, s.first = 0, s.first[:0]
	clear(s.last)
	s.taken.Store(0)
}

// work applies lanes that no other worker has taken.
func (s *stretch[T]) work(apply func(lane iter.Seq[*T]) error) error {
	for {
		i := int(s.taken.Add(1)) - 1
		if i >= len(s.first) {
			return nil
		}
		if err := apply(s.lane(s.first[i])); err != nil {
			return err
		}
	}
}

// lane yields the items of a lane in their order.
func (s *stretch[T]) lane(first int32) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for at := first; yield(&s.items[at]) && s.next[at] != 0; {
			at = s.next[at]
		}
	}
}

// Each calls f for all numbers below n, for as many at a time as there are processors.
func Each(n int, f func(i int)) {
	var next atomic.Int64
	var g sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		g.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	g.Wait()
}
