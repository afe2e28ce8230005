// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package part

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Position is how far an organization's checkpoint has got in the redo entries: all
// before Offset in Group are in it.
type Position struct {
	Group  uint64
	Offset uint64
}

// Covers reports whether an entry at a position is in it.
func (p Position) Covers(entry Position) bool {
	return entry.Group < p.Group || entry.Group == p.Group && entry.Offset < p.Offset
}

func (p Position) encode(e *wire.Encoder) {
	e.Uint(p.Group)
	e.Uint(p.Offset)
}

// Head returns a head of an organization with this position in the place of its own.
func (p Position) Head(head []byte) []byte {
	d := &wire.Decoder{Bytes: head}
	DecodePosition(d)
	return p.Lead(d.Bytes)
}

// Lead returns a head of an organization that begins with this position, of one without.
func (p Position) Lead(head []byte) []byte {
	var e wire.Encoder
	p.encode(&e)
	return append(e.Bytes, head...)
}

// DecodePosition reads a position, with which a head begins.
func DecodePosition(d *wire.Decoder) Position { return Position{Group: d.Uint(), Offset: d.Uint()} }

// Mark is how far a snapshot has come.
type Mark struct {
	// Needed is the first group of the log that a start reads; 0: there is no log.
	Needed uint64
	// Clock is the ledger's time, with what organizations that are made again have to
	// know of before; see book.Clock.
	Clock []byte
}

// Encode returns what stands in the snapshot's manifest.
func (m *Mark) Encode() []byte {
	var e wire.Encoder
	e.Uint(m.Needed)
	return append(e.Bytes, m.Clock...)
}

// Mark reads how far the snapshot has come. Up to format 9 rows said that.
func (s Source) Mark() (m Mark, err error) {
	d := &wire.Decoder{Bytes: s.Snapshot.Meta()}
	if len(d.Bytes) > 0 {
		m.Needed = d.Uint()
		m.Clock = d.Bytes
		return m, d.Err()
	}
	if m.Needed, _, err = s.Number(rowkey.MetaLog); err == nil {
		m.Clock, err = s.Rows.Get(rowkey.MetaNow)
	}
	return m, err
}

// Number reads a row that has one; there is false where there is no such row.
func (s Source) Number(key []byte) (n uint64, there bool, err error) {
	row, err := s.Rows.Get(key)
	if err != nil || row == nil {
		return 0, false, err
	}
	d := &wire.Decoder{Bytes: row}
	n = d.Uint()
	return n, true, d.Err()
}

// Wipe takes all rows of an organization away.
func Wipe(batch *pebble.Batch, number uint32) {
	for _, kind := range rowkey.OfOrganization {
		of := rows.Under(rowkey.Of(kind, number))
		_ = batch.DeleteRange(of.From, of.To, nil) // cannot fail before it is committed
	}
}

// SetNumber has a batch write such a row.
func SetNumber(batch *pebble.Batch, key []byte, n uint64) {
	var e wire.Encoder
	e.Uint(n)
	_ = batch.Set(key, e.Bytes, nil) // cannot fail before it is committed
}
