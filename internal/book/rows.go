// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
)

// publish writes the statements that an organization has made since the last
// call.
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
