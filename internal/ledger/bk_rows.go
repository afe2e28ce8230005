// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"

	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// publish writes the statements that an organization has made since the last
// call, with the group that is gathering.
func (b *book) publish(o *org) {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s)
		b.pending.set(archive.StatementKey(o.Number, &s), archive.StatementRow(&s))
		o.dirty = true
	}
}

// republish puts those that redo entries have made again into a batch, where
// they are missing: what was made is never written over.
func (b *book) republish(o *org, batch *pebble.Batch) error {
	for _, s := range o.TakeStatements() {
		b.closed(o, &s)
		key := archive.StatementKey(o.Number, &s)
		known, err := b.db.Get(key)
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

// archive returns a reader of what an organization has written down for good.
func (b *book) archive(o *org) *archive.Reader {
	return &archive.Reader{Rows: archived{b.db}, ID: o.ID, Number: o.Number, Names: o, Meters: b.defs.Meters}
}

// bill returns the version that is marked, or will be and then the mark.
func (b *book) bill(o *org, id StatementID) (version uint32, _ *archive.Mark, _ error) {
	m := slices.IndexFunc(b.defs.Meters, func(m usage.Meter) bool { return m.Name == id.Meter })
	w, err := usage.ParseWindow(id.Window)
	if err != nil || m < 0 {
		return 0, nil, cmp.Or(err, errors.New("there is no such meter"))
	}
	return b.archive(o).Bill(uint16(m), w.Kind, period.MinuteOf(id.Start), id.Version)
}
