// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// batchBytes is about how many bytes of rows are written together.
const batchBytes = 4 << 20

// prefix is how long a kind and a number are in a key.
const prefix = 5

// sum is what all rows of an organization come to.
type sum struct {
	Rows, Bytes int64
	hash        [sha256.Size]byte
}

// each goes through what a directory has of an organization, all but its id: as rows, also
// where the snapshot has its state. A head comes without its position, and a journal,
// whose rows are called by positions, as its beginning and one row.
func (d *directory) each(ctx context.Context, o owned, f func(kind byte, rest, value []byte) error) error {
	for _, kind := range rowkey.OfOrganization {
		var err error
		told := func(rest, value []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if kind == rowkey.Head {
				of := &wire.Decoder{Bytes: value}
				if part.DecodePosition(of); of.Err() != nil {
					return of.Err()
				}
				value = of.Bytes
			}
			return f(kind, rest, value)
		}
		switch kind {
		case rowkey.Organization:
		case rowkey.Journal:
			err = d.journal(o, told)
		case rowkey.Head, rowkey.Closings, rowkey.Page:
			if !o.inRows {
				err = d.parts(o.number, kind, told)
				break
			}
			fallthrough
		default:
			err = d.rows.Each(rows.Under(rowkey.Of(kind, o.number)), func(key, value []byte) error { return told(key[prefix:], value) })
		}
		if err != nil {
			return fmt.Errorf("ledger %s: rows %c of organization %d: %w", d.path, kind, o.number, err)
		}
	}
	return nil
}

// owned says which organization of a directory is meant, where its state is, and its
// position in the log.
type owned struct {
	number uint32
	inRows bool
	at     part.Position
}

// parts hands over those of a kind that the snapshot has, under the keys that rows have.
func (d *directory) parts(number uint32, kind byte, f func(rest, value []byte) error) error {
	return d.snapshot.Load(number, func(key snapshot.Key, data []byte) error {
		row := rowkey.Of(rowkey.Head, number)
		switch key.Kind {
		case part.Closings:
			row = rowkey.Of(rowkey.Closings, number)
		case part.Page:
			row = rowkey.OfPage(number, organization.UsersOfAll, 0, key.Number)
		}
		if row[0] != kind {
			return nil
		}
		return f(row[prefix:], data)
	})
}

// journal hands over how a journal began, and all of its entries.
func (d *directory) journal(o owned, f func(rest, value []byte) error) error {
	var size, entries []byte
	begin := rowkey.OfJournal(o.number, 0)
	last := rowkey.OfJournalTo(o.number, o.at.Group, o.at.Offset)
	err := d.rows.Each(rows.Under(rowkey.Of(rowkey.Journal, o.number)), func(key, value []byte) error {
		if bytes.Equal(key, begin) {
			return f(key[prefix:], value)
		}
		if bytes.Compare(key, last) > 0 { // of a checkpoint that did not come to its end
			return nil
		}
		of := &wire.Decoder{Bytes: value}
		var e wire.Encoder
		e.Int(of.Int())
		size, entries = e.Bytes, append(entries, of.Bytes...)
		return of.Err()
	})
	if err != nil || size == nil {
		return err
	}
	return f(nil, append(size, entries...))
}

// sum reads all rows of an organization.
func (d *directory) sum(ctx context.Context, o owned, tell func(sum)) (s sum, err error) {
	hash := sha256.New()
	err = d.each(ctx, o, func(kind byte, rest, value []byte) error {
		var size [9]byte
		size[0] = kind
		binary.LittleEndian.PutUint32(size[1:], uint32(len(rest)))
		binary.LittleEndian.PutUint32(size[5:], uint32(len(value)))
		for _, part := range [][]byte{size[:], rest, value} {
			_, _ = hash.Write(part) // never fails
		}
		s.Rows, s.Bytes = s.Rows+1, s.Bytes+int64(prefix+len(rest)+len(value))
		tell(s)
		return nil
	})
	copy(s.hash[:], hash.Sum(nil))
	return s, err
}

// copyRows writes an organization's rows to another directory, under a number there.
// All of its log is taken for one that the organization knows.
func (d *directory) copyRows(ctx context.Context, o owned, to *directory, as uint32, tell func(sum)) error {
	at := to.position()
	var s sum
	batch := to.rows.NewBatch()
	err := d.each(ctx, o, func(kind byte, rest, value []byte) error {
		key, value := placed(kind, as, at, rest, value)
		if err := batch.Set(key, value, nil); err != nil {
			return err
		}
		s.Rows, s.Bytes = s.Rows+1, s.Bytes+int64(prefix+len(rest)+len(value))
		tell(s)
		if batch.Len() < batchBytes {
			return nil
		}
		err := to.rows.Write(batch)
		batch = to.rows.NewBatch()
		return err
	})
	if err != nil {
		return err
	}
	return to.rows.Write(batch)
}

// placed is where a row belongs under another number, as of a position.
func placed(kind byte, as uint32, at part.Position, rest, value []byte) (key, of []byte) {
	switch {
	case kind == rowkey.Head:
		value = at.Lead(value)
	case kind == rowkey.Journal && len(rest) == 0:
		return rowkey.OfJournalTo(as, at.Group, at.Offset), value
	}
	return append(rowkey.Of(kind, as), rest...), value
}

// memory calls f for the rows that others keep about an organization, see
// usage.Memory. Those that go with it are its bills: what was shown of it names series
// by numbers that are of one ledger.
func (d *directory) memory(id string, f func(key, value []byte, goes bool)) error {
	return d.rows.Each(rows.Under([]byte{rowkey.Memory}), func(key, value []byte) error {
		if is, bill := rowkey.MemoryOf(key, id); is {
			f(key, value, bill)
		}
		return nil
	})
}

// bills calls f for those that go with it.
func (d *directory) bills(id string, f func(key, value []byte)) error {
	return d.memory(id, func(key, value []byte, goes bool) {
		if goes {
			f(key, value)
		}
	})
}
