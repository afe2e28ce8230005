// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"slices"

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
	clear(j.numbers)
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
// is applied, and asks for the memory that the items are going to change. A million
// users lie far apart there. Each pass asks, for all items, for what is found by
// what the pass before asked for: so the processor waits for many places at once,
// which it does not when items are applied one by one.
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
	pass := func(step func(a *ahead, it *usage.Item, effects []usage.Effect)) {
		for i, item := range items {
			if a := &j.ahead[i]; a.subject != nil {
				it := &j.batch.Items[item]
				step(a, it, j.batch.EffectsOf(it))
			}
		}
	}
	pass(j.reach)
	pass(j.approach)
	pass(j.guess)
	pass(j.aim)
}

// reach finds by what the item's user and, for sums, duplicates are known, and asks for
// where they are looked up and for the meters.
func (j *Judge) reach(a *ahead, it *usage.Item, effects []usage.Effect) {
	a.hash = a.subject.Hashes.User(it.User)
	a.subject.Blocks().PrefetchTable(a.hash)
	for i := range effects {
		e := &effects[i]
		if e.Meter != usage.NoMeter {
			a.subject.PrefetchMeter(e.Meter)
		}
		if e.Kind == usage.Consume && !a.keyed {
			a.key, a.keyed = a.subject.Hashes.Item(it), true
			j.duplicates.Prefetch(a.key)
		}
	}
}

// approach asks for the kinds of the meters.
func (*Judge) approach(a *ahead, _ *usage.Item, effects []usage.Effect) {
	for i := range effects {
		if e := &effects[i]; e.Meter != usage.NoMeter {
			a.subject.PrefetchKind(e.Meter)
		}
	}
}

// guess finds the user and asks for what the meters keep of them, and for the places of
// values.
func (*Judge) guess(a *ahead, _ *usage.Item, effects []usage.Effect) {
	if a.user, a.guessed = a.subject.Blocks().Guess(a.hash); a.guessed {
		a.subject.Blocks().Prefetch(a.user)
	}
	for i := range effects {
		e := &effects[i]
		if e.NumValues > 0 {
			a.subject.PrefetchValues(e.Meter)
		}
		if a.guessed && e.Meter != usage.NoMeter {
			a.subject.PrefetchUser(e.Meter, a.user)
		}
	}
}

// aim finds the numbers of the values that have one, and asks for what the item is
// about to change in its meters.
func (j *Judge) aim(a *ahead, _ *usage.Item, effects []usage.Effect) {
	for i := range effects {
		e := &effects[i]
		if e.Meter == usage.NoMeter {
			continue
		}
		j.findValues(a, e)
		if a.guessed {
			a.subject.PrefetchEffect(e.Meter, a.user, j.numbers[e.FirstValue:e.FirstValue+e.NumValues])
		}
	}
}

// findValues finds the numbers of an effect's values that have one.
func (j *Judge) findValues(a *ahead, e *usage.Effect) {
	for n := range int(e.NumValues) {
		at := int(e.FirstValue) + n
		if j.numbers[at] != 0 {
			continue // effects of one meter share them
		}
		if number, known := a.subject.FindValue(e.Meter, n, j.batch.Values[at]); known {
			j.numbers[at] = number + 1
		}
	}
}
