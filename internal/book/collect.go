// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// An organization that the catalogue does not list and that has been quiet for
// longer than its longest window is dormant: it has no series until something
// of it comes again. Nearly all collections pass it over. What they would have
// done to its state the last of them does, when the organization wakes: of one
// of which nothing comes it does not matter how many collections there were. One
// that is held, see part.Transfer, is passed over likewise.

// restful is how long a dormant organization may be passed over: its periods
// are to be closed, if late.
const restful = period.Minute(60)

// Collect returns an organization's figures; ok is false where it has none.
func (b *Book) Collect(o *Org, at period.Minute, to *group.Changes) (figures []usage.Figure, ok bool) {
	dormant := o.unlisted && o.Dormant(at)
	if o.Held || dormant && at-o.collected < restful {
		o.passed = at
		return nil, false
	}
	o.passed, o.collected = 0, at
	figures, ok = o.Collect(at)
	b.publish(o, to)
	if !ok {
		return nil, false
	}
	o.Dirty = o.Trends.Keep(o.Organization) || o.Dirty
	o.Dirty = o.Judged() || o.Dirty
	return figures, !dormant
}

// Wake brings an organization to the last collection that passed it over.
func (b *Book) Wake(o *Org) { b.wake(o, &b.Pending.Changes) }

func (b *Book) wake(o *Org, to *group.Changes) {
	if o.passed != 0 {
		o.Recollect(o.passed)
		o.passed = 0
		b.publish(o, to)
	}
}

// publish writes the statements that an organization has made since the last call.
func (b *Book) publish(o *Org, to *group.Changes) {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s, to)
		to.Set(archive.StatementKey(o.Number, &s), archive.StatementRow(&s))
		o.Dirty = true
	}
}

// republish puts those that redo entries have made again into a batch, where
// they are missing: what was made is never written over.
func (b *Book) republish(o *Org, batch *pebble.Batch) error {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s, &b.Pending.Changes)
		key := archive.StatementKey(o.Number, &s)
		known, err := b.Rows.Get(key)
		if err == nil && known == nil {
			err = batch.Set(key, archive.StatementRow(&s), nil)
		}
		if err != nil {
			return fmt.Errorf("statements of organization %d: %w", o.Number, err)
		}
	}
	return nil
}
