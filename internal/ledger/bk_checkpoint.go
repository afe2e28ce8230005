// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// clock is the book's time, with what organizations that are made again have to
// know of before.
func (b *book) clock() []byte {
	var e wire.Encoder
	e.Int(b.now)
	encodeOutages(&e, b.defs.Outages)
	return e.Bytes
}

// mark has a batch say that all before it covers the groups before one.
func (b *book) mark(batch *pebble.Batch, clock []byte, start uint64) {
	_ = batch.Set(metaNow, clock, nil) // cannot fail before it is committed
	setNumber(batch, metaLog, start)
}

func (b *book) sealDuplicates() {
	b.duplicates.Seal(dayOf(b.now + b.settings.Future.Nanoseconds()))
	b.duplicates.Drop(dayOf(b.now-b.settings.Past.Nanoseconds()) - keptDays)
}

// keptDays is how long the keys of duplicates stay beyond the acceptance span.
const keptDays = 2

// saveOrg puts an organization's head and changed pages into a batch.
func (b *book) saveOrg(o *org, batch *pebble.Batch) {
	o.dirty = false
	o.position = position{group: b.pending.number, offset: uint64(len(b.pending.entries.Bytes))}
	var e wire.Encoder
	e.Uint(o.position.group)
	e.Uint(o.position.offset)
	encodeTrends(&e, o.trends)
	o.Encode(&e)
	_ = batch.Set(orgKey(keyHead, o.Number), e.Bytes, nil) // cannot fail before it is committed
	var c wire.Encoder
	o.EncodeClosings(&c)
	_ = batch.Set(orgKey(keyClosings, o.Number), c.Bytes, nil)
	o.saveJournal(batch)
	o.notes.Take(o.Number, func(key, value []byte) { _ = batch.Merge(key, value, nil) })
	if o.Converted {
		_ = batch.DeleteRange(pageKey(o.Number, 0, 0, 0), pageKey(o.Number, organization.UsersOfAll, 0, 0), nil)
		o.Converted = false
	}
	o.DirtyPages(func(page uint32, data []byte) {
		_ = batch.Set(pageKey(o.Number, organization.UsersOfAll, 0, page), data, nil)
	})
}
