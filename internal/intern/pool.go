// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package intern keeps one of each thing that many have, as long as any of them has it.
package intern

import (
	"sync"
	"weak"
)

// Pool holds things, each once. It does not keep them: one that nobody has any more is
// collected as garbage, and made anew if it is asked for again. Many may ask at once.
type Pool[T any] struct {
	mu sync.Mutex
	// known are the things by hash. One whose hash another one has is behind that one.
	known map[uint64]weak.Pointer[T]
}

// swept is how many places are looked at for each new thing. Where all that are new
// take the place of others, one place of so many is of a thing that is no more.
const swept = 8

// Get returns the thing of a hash that is the one looked for, else what is made, which
// it is from now on. Two things may share a hash, if hardly any do: where one of them is
// no more, the other may be made a second time.
func (p *Pool[T]) Get(hash uint64, is func(*T) bool, made func() *T) *T {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; ; hash++ {
		known := p.known[hash].Value()
		if known == nil {
			break
		}
		if is(known) {
			return known
		}
	}
	if p.known == nil {
		p.known = map[uint64]weak.Pointer[T]{}
	}
	p.sweep()
	thing := made()
	p.known[hash] = weak.Make(thing)
	return thing
}

// sweep gives up some places, wherever they are, whose things are no more.
func (p *Pool[T]) sweep() {
	looked := 0
	for hash, of := range p.known {
		if of.Value() == nil {
			delete(p.known, hash)
		}
		if looked++; looked == swept {
			return
		}
	}
}
