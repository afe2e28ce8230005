// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Named returns an organization by an id that somebody asks for: as it is, else
// as telemetry is spelled now.
func Named(b *book.Book, id string) *book.Org {
	if o := b.Find(id); o != nil {
		return o
	}
	return b.Find(identity.Spell(id, b.Spellings.Newest()))
}

// SlotOf finds a user by an id that somebody asks for: as it is, else as
// telemetry is spelled now.
func SlotOf(b *book.Book, o *book.Org, id string) (slot uint32, known bool) {
	if slot, known = o.Blocks().Find(o.Hashes.User(id)); known {
		return slot, true
	}
	return o.Blocks().Find(o.Hashes.User(identity.Spell(id, b.Spellings.Newest())))
}

// definition is when the version of a meter's definition took effect.
func definition(b *book.Book, meter, version int) usage.Date {
	if versions := b.Defs.Meters[meter].Versions; version < len(versions) {
		return versions[version].EffectiveFrom
	}
	return usage.Date{}
}

// archived is the store as package archive reads it.
type archived struct{ *rows.DB }

// Range implements archive.Rows.
func (a archived) Range(from, to []byte) (archive.Cursor, error) {
	return a.DB.Range(rows.Span{From: from, To: to})
}

// ArchiveOf returns a reader of what an organization has written down for good.
func ArchiveOf(b *book.Book, o *book.Org) *archive.Reader {
	return &archive.Reader{Rows: archived{b.Rows}, ID: o.ID, Number: o.Number, Names: o, Meters: b.Defs.Meters}
}
