// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
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
	_ = batch.Set(rowkey.MetaNow, clock, nil) // cannot fail before it is committed
	setNumber(batch, rowkey.MetaLog, start)
}

// SealDuplicates ends the days of counted items that are over, to be written, and
// drops those that nothing asks for any more.
func (b *Book) SealDuplicates() {
	b.Duplicates.Seal(dayOf(b.Now + b.Settings.Future.Nanoseconds()))
	b.Duplicates.Drop(dayOf(b.Now-b.Settings.Past.Nanoseconds()) - keptDays)
}

// keptDays is how long the keys of duplicates stay beyond the acceptance span.
const keptDays = 2

// Position is how far the entries have got: all that were gathered before are before
// it.
func (b *Book) Position() Position {
	return Position{group: b.Pending.Number, offset: uint64(len(b.Pending.Entries.Bytes))}
}

// Save puts an organization's head and changed pages into a batch. All that the
// entries before a position do to it is done.
func (o *Org) Save(to Position, batch *pebble.Batch) {
	o.Dirty, o.position = false, to
	var e wire.Encoder
	e.Uint(o.position.group)
	e.Uint(o.position.offset)
	o.Trends.Encode(&e)
	o.Encode(&e)
	_ = batch.Set(rowkey.Of(rowkey.Head, o.Number), e.Bytes, nil) // cannot fail before it is committed
	var c wire.Encoder
	o.EncodeClosings(&c)
	_ = batch.Set(rowkey.Of(rowkey.Closings, o.Number), c.Bytes, nil)
	o.saveJournal(batch)
	o.notes.Take(o.Number, func(key, value []byte) { _ = batch.Merge(key, value, nil) })
	if o.Converted {
		_ = batch.DeleteRange(rowkey.OfPage(o.Number, 0, 0, 0), rowkey.OfPage(o.Number, organization.UsersOfAll, 0, 0), nil)
		o.Converted = false
	}
	o.DirtyPages(func(page uint32, data []byte) {
		_ = batch.Set(rowkey.OfPage(o.Number, organization.UsersOfAll, 0, page), data, nil)
	})
}

// dayOf is the UTC day of an event time.
func dayOf(ns int64) uint16 { return uint16(ns / (24 * 3600 * 1e9)) }

// Position is how far an organization's checkpoint has got in the redo
// entries: all before offset in group are in it.
type Position struct {
	group  uint64
	offset uint64
}

func (p Position) covers(entry Position) bool {
	return entry.group < p.group || entry.group == p.group && entry.offset < p.offset
}
