// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
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

// each goes through the rows of an organization, all but the one with its id. A head
// comes without its position.
func (d *directory) each(ctx context.Context, number uint32, f func(kind byte, rest, value []byte) error) error {
	for _, kind := range rowkey.OfOrganization {
		if kind == rowkey.Organization {
			continue
		}
		err := d.rows.Each(rows.Under(rowkey.Of(kind, number)), func(key, value []byte) (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if kind == rowkey.Head {
				if _, _, value, err = cutHead(value); err != nil {
					return err
				}
			}
			return f(kind, key[prefix:], value)
		})
		if err != nil {
			return fmt.Errorf("ledger %s: rows %c of organization %d: %w", d.path, kind, number, err)
		}
	}
	return nil
}

// sum reads all rows of an organization.
func (d *directory) sum(ctx context.Context, number uint32, tell func(sum)) (s sum, err error) {
	hash := sha256.New()
	err = d.each(ctx, number, func(kind byte, rest, value []byte) error {
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
func (d *directory) copyRows(ctx context.Context, number uint32, to *directory, as uint32, tell func(sum)) error {
	var s sum
	batch := to.rows.NewBatch()
	err := d.each(ctx, number, func(kind byte, rest, value []byte) error {
		if kind == rowkey.Head {
			var e wire.Encoder
			e.Uint(to.next())
			e.Uint(0)
			value = append(e.Bytes, value...)
		}
		if err := batch.Set(append(rowkey.Of(kind, as), rest...), value, nil); err != nil {
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

// wipe takes all rows of a number away.
func wipe(batch *pebble.Batch, number uint32) {
	for _, kind := range rowkey.OfOrganization {
		of := rows.Under(rowkey.Of(kind, number))
		_ = batch.DeleteRange(of.From, of.To, nil) // cannot fail before it is committed
	}
}

// memory calls f for the rows that others keep about an organization, see
// usage.Memory.
func (d *directory) memory(id string, f func(key, value []byte)) error {
	series, own := append([]byte{usage.MemoryOfOrganization}, id...), append([]byte(id), 0)
	return d.rows.Each(rows.Under([]byte{rowkey.Memory}), func(key, value []byte) error {
		name, of, _ := bytes.Cut(key[1:], []byte{0})
		if bytes.Equal(of, series) || string(name) == usage.MemoryOfBills && bytes.HasPrefix(of, own) {
			f(key, value)
		}
		return nil
	})
}
