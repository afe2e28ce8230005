// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ahead is what is found of an item before its turn. What is missing is looked
// for again at its turn: an earlier item of the batch may have brought it.
type ahead struct {
	subject *Subject // nil: not there yet
	hash    uint64   // of the user's id
	user    uint32
	guessed bool // user is as good as certainly the user's slot
	keyed   bool
	key     usage.UID // of the item, for duplicates; where keyed
}

// Begin takes a batch, of which LookAhead and Judge then go through the items, some
// at a time.
func (j *Judge) Begin(batch *usage.Batch) {
	j.batch = batch
	j.numbers = slices.Grow(j.numbers[:0], len(batch.Values))[:len(batch.Values)]
	j.hashes = slices.Grow(j.hashes[:0], len(batch.Values))[:len(batch.Values)]
	clear(j.numbers)
	for i, value := range batch.Values {
		j.hashes[i] = meter.ValueHash(value)
	}
}

// Forget lets go of what was found of items that are not judged yet, since others may
// change it before LookAhead takes them again.
func (j *Judge) Forget() { clear(j.numbers) }

// End lets go of the batch.
func (j *Judge) End() {
	clear(j.ahead)
	j.batch, j.items, j.duplicates = nil, nil, nil
}

// LookAhead takes items of the batch that arrive at now (ns since 1970), to be
// judged one by one. It finds organizations, users, values and keys before any item
// is applied, and reads from memory what the items are going to change. A million
// users lie far apart there: each of these passes waits for memory nearly all of
// its time, and the processor waits for many places at once where the reads
// follow one another closely, which they do not when items are applied one by
// one.
//
// find returns the organization that an item of the batch names, its time moved to
// the arrival, else nil.
func (j *Judge) LookAhead(items []int32, now int64, duplicates Duplicates, find func(item int32) *Subject) {
	j.items, j.now, j.duplicates = items, now, duplicates
	j.ahead = slices.Grow(j.ahead[:0], len(items))[:len(items)]
	for i, item := range items {
		j.ahead[i] = ahead{}
		if j.batch.Items[item].Outcome == usage.Pending {
			j.ahead[i].subject = find(item) // first, since values give places up when periods end
		}
	}
	for i, item := range items {
		j.ahead[i].hashes(j.batch, &j.batch.Items[item])
	}
	for i := range j.ahead {
		if a := &j.ahead[i]; a.subject != nil {
			a.subject.PrefetchUser(a.hash)
		}
	}
	for i := range j.ahead {
		if a := &j.ahead[i]; a.subject != nil {
			a.user, a.guessed = a.subject.GuessUser(a.hash)
		}
	}
	for i := range j.ahead {
		if a := &j.ahead[i]; a.guessed {
			a.subject.PrefetchBlock(a.user)
		}
	}
	for i, item := range items {
		j.findValues(&j.ahead[i], &j.batch.Items[item])
	}
	for i, item := range items {
		j.prefetch(&j.ahead[i], &j.batch.Items[item])
	}
}

// hashes hashes the user's id and, for sums, what duplicates are known by.
func (a *ahead) hashes(batch *usage.Batch, it *usage.Item) {
	if a.subject == nil {
		return
	}
	a.hash = a.subject.Hashes.User(it.User)
	effects := batch.EffectsOf(it)
	for i := range effects {
		if effects[i].Kind == usage.Consume {
			a.key, a.keyed = a.subject.Hashes.Item(it), true
			return
		}
	}
}

// findValues finds the numbers of the values that have one.
func (j *Judge) findValues(a *ahead, it *usage.Item) {
	if a.subject == nil {
		return
	}
	effects := j.batch.EffectsOf(it)
	for i := range effects {
		e := &effects[i]
		for n := range int(e.NumValues) {
			at := int(e.FirstValue) + n
			if j.numbers[at] != 0 {
				continue // effects of one meter share them
			}
			if number, known := a.subject.FindValue(e.Meter, n, j.hashes[at]); known {
				j.numbers[at] = number + 1
			}
		}
	}
}

// prefetch reads the places in memory that an item will change.
func (j *Judge) prefetch(a *ahead, it *usage.Item) {
	if a.keyed {
		j.duplicates.Prefetch(a.key)
	}
	if !a.guessed {
		return
	}
	effects := j.batch.EffectsOf(it)
	for i := range effects {
		if e := &effects[i]; e.Meter != usage.NoMeter {
			a.subject.PrefetchEffect(e.Meter, a.user, j.numbers[e.FirstValue:e.FirstValue+e.NumValues])
		}
	}
}
