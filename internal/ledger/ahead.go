// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ahead is what is found of an item before its turn. What is missing is looked
// for again at its turn: an earlier item of the batch may have brought it.
type ahead struct {
	org   *org   // nil: not there yet
	hash  uint64 // of the user's id
	user  uint32
	known bool // user is the user's slot
	keyed bool
	key   usage.UID // of the item, for duplicates; where keyed
}

// lookAhead finds organizations, users, values and keys of a batch before any
// item is applied, and touches what the items are going to change. A million
// users lie far apart in memory: each of these steps waits for it nearly all of
// its time, and the processor waits for many of them at once where they follow
// one another closely, which they do not when items are applied one by one.
func (b *book) lookAhead(batch *usage.Batch) {
	s := &b.scratch
	s.ahead = slices.Grow(s.ahead[:0], len(batch.Items))[:len(batch.Items)]
	s.numbers = slices.Grow(s.numbers[:0], len(batch.Values))[:len(batch.Values)]
	s.hashes = slices.Grow(s.hashes[:0], len(batch.Values))[:len(batch.Values)]
	clear(s.numbers)
	for i, value := range batch.Values {
		s.hashes[i] = meter.ValueHash(value)
	}
	for i := range s.ahead {
		s.ahead[i] = ahead{}
		if it := &batch.Items[i]; it.Outcome == usage.Pending {
			if o := b.find(it.Organization); o != nil {
				if o.advanced != b.now {
					b.advance(o) // first, since values give places up when periods end
				}
				s.ahead[i].org = o
			}
		}
	}
	for i := range s.ahead {
		s.ahead[i].hashes(batch, &batch.Items[i])
	}
	for i := range s.ahead {
		if a := &s.ahead[i]; a.org != nil {
			a.user, a.known = a.org.FindUser(a.hash)
		}
	}
	for i := range s.ahead {
		b.findValues(&s.ahead[i], batch, &batch.Items[i])
	}
	for i := range s.ahead {
		b.touch(&s.ahead[i], batch, &batch.Items[i])
	}
}

// hashes hashes the user's id and, for sums, what duplicates are known by.
func (a *ahead) hashes(batch *usage.Batch, it *usage.Item) {
	if a.org == nil {
		return
	}
	a.hash = a.org.userHash(it.User)
	effects := batch.EffectsOf(it)
	for i := range effects {
		if effects[i].Kind == usage.Consume {
			a.key, a.keyed = a.org.itemKey(it), true
			return
		}
	}
}

// findValues finds the numbers of the values that have one.
func (b *book) findValues(a *ahead, batch *usage.Batch, it *usage.Item) {
	if a.org == nil {
		return
	}
	effects := batch.EffectsOf(it)
	for i := range effects {
		e := &effects[i]
		for j := range int(e.NumValues) {
			at := int(e.FirstValue) + j
			if b.scratch.numbers[at] != 0 {
				continue // effects of one meter share them
			}
			if n, known := a.org.FindValue(e.Meter, j, b.scratch.hashes[at]); known {
				b.scratch.numbers[at] = n + 1
			}
		}
	}
}

// touch reads the places in memory that an item will change.
func (b *book) touch(a *ahead, batch *usage.Batch, it *usage.Item) {
	s := &b.scratch
	if a.keyed {
		s.touched += b.duplicates.Prefetch(a.key)
	}
	if !a.known {
		return
	}
	effects := batch.EffectsOf(it)
	for i := range effects {
		if e := &effects[i]; e.Meter != usage.NoMeter {
			s.touched += a.org.Touch(e.Meter, a.user, s.numbers[e.FirstValue:e.FirstValue+e.NumValues])
		}
	}
}
