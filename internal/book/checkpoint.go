// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Clock is the book's time, with what organizations that are made again have to
// know of before.
func (b *Book) Clock() []byte {
	var e wire.Encoder
	e.Int(b.Now)
	encodeOutages(&e, b.Defs.Outages)
	return e.Bytes
}

// Mark has a batch say that all before it covers the groups before one.
func (b *Book) Mark(batch *pebble.Batch, clock []byte, start uint64) {
	_ = batch.Set(MetaNow, clock, nil) // cannot fail before it is committed
	setNumber(batch, MetaLog, start)
}

// SealDuplicates ends the days of counted items that are over, to be written, and
// drops those that nothing asks for any more.
func (b *Book) SealDuplicates() {
	b.Duplicates.Seal(dayOf(b.Now + b.Settings.Future.Nanoseconds()))
	b.Duplicates.Drop(dayOf(b.Now-b.Settings.Past.Nanoseconds()) - keptDays)
}

// keptDays is how long the keys of duplicates stay beyond the acceptance span.
const keptDays = 2

// SaveOrg puts an organization's head and changed pages into a batch.
func (b *Book) SaveOrg(o *Org, batch *pebble.Batch) {
	o.Dirty = false
	o.position = position{group: b.Pending.Number, offset: uint64(len(b.Pending.Entries.Bytes))}
	var e wire.Encoder
	e.Uint(o.position.group)
	e.Uint(o.position.offset)
	o.Trends.Encode(&e)
	o.Encode(&e)
	_ = batch.Set(OrgKey(KeyHead, o.Number), e.Bytes, nil) // cannot fail before it is committed
	var c wire.Encoder
	o.EncodeClosings(&c)
	_ = batch.Set(OrgKey(KeyClosings, o.Number), c.Bytes, nil)
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
