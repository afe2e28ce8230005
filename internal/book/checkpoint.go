// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
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

// CertifyCounted has the certificate say which runs of counted items there are, of
// which the next write may remove some.
func (b *Book) CertifyCounted(runs []string) error {
	return b.certified.Update(func(c *certificate.Certificate) { c.Counted = runs })
}

// Certify has the certificate say what is on disk at a start.
func (b *Book) Certify() error {
	needed, _, err := b.number(rowkey.MetaLog)
	if err != nil {
		return err
	}
	return b.CertifyCheckpoint(b.Now, needed, b.Duplicates.Names())
}

// CertifyCheckpoint has the certificate say what is on disk after a checkpoint, or
// at a start: from which group on the log is needed, and which runs there are.
func (b *Book) CertifyCheckpoint(now int64, needed uint64, runs []string) error {
	mark, err := rows.MarkOf(b.Settings.FS, b.Settings.Directory)
	if err != nil {
		return err
	}
	next := b.Log.Next()
	return b.certified.Update(func(c *certificate.Certificate) {
		*c = certificate.Certificate{
			ID: c.ID, Serial: c.Serial, Format: versions.Format, At: time.Unix(0, now).UTC(),
			Needed: needed, Reached: max(c.Reached, next), Rows: mark, Counted: runs,
		}
	})
}
