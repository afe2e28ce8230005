// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Import makes runs of keys that are rows of a database, as they were up to
// format 6 of the ledger. Numbers are big-endian:
//
//	kind of row 1   first day of the epoch 2   uid 16   -> nothing
//
// When it returns nil, the runs are on disk and the rows can go. It makes the
// same runs each time, so it may be called again until they are gone; a set may
// be opened only then.
func Import(fs vfs.FS, dir string, rows *pebble.Iterator) error {
	err := makeDir(fs, dir)
	if err == nil {
		err = importRows(fs, dir, rows)
	}
	if err != nil {
		return fmt.Errorf("import counted items: %w", err)
	}
	return nil
}

const rowSize = 19

func importRows(fs vfs.FS, dir string, rows *pebble.Iterator) error {
	type part struct {
		epoch uint16
		keys  int
	}
	var parts []part
	for ok := rows.First(); ok; ok = rows.Next() {
		if len(rows.Key()) != rowSize {
			return fmt.Errorf("row %x has %d bytes instead of %d; restore a backup", rows.Key(), len(rows.Key()), rowSize)
		}
		epoch := epochOfRow(rows.Key())
		if n := len(parts); n == 0 || parts[n-1].epoch != epoch {
			parts = append(parts, part{epoch: epoch})
		}
		parts[len(parts)-1].keys++
	}
	rows.First()
	for i, p := range parts {
		write := uint64(i + 1)
		r, err := writeRun(fs, dir, identity{p.epoch, write, write}, p.keys, func(to []usage.UID) ([]usage.UID, error) {
			for ; rows.Valid() && epochOfRow(rows.Key()) == p.epoch && len(to) < batch; rows.Next() {
				uid := rows.Key()[rowSize-keySize:]
				to = append(to, usage.UID{binary.BigEndian.Uint64(uid), binary.BigEndian.Uint64(uid[8:])})
			}
			return to, rows.Error()
		})
		if err == nil {
			err = r.file.Close()
		}
		if err != nil {
			return err
		}
	}
	return rows.Error()
}

func epochOfRow(row []byte) uint16 { return binary.BigEndian.Uint16(row[1:]) }
