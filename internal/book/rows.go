// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
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

// archived is the store as package archive reads it.
type archived struct{ *rows.DB }

// Range implements archive.Rows.
func (a archived) Range(from, to []byte) (archive.Cursor, error) {
	return a.DB.Range(rows.Span{From: from, To: to})
}

// Archive returns a reader of what an organization has written down for good.
func (b *Book) Archive(o *Org) *archive.Reader {
	return &archive.Reader{Rows: archived{b.Rows}, ID: o.ID, Number: o.Number, Names: o, Meters: b.Defs.Meters}
}
