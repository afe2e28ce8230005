// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package group

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// applyBytes is how many bytes of rows are applied together.
const applyBytes = 1 << 20

// Apply applies the rows of a log's groups behind the last that the store has. read
// goes through the log; applied has a batch say up to which group it brings the rows.
func Apply(db *rows.DB, read func(func(number uint64, record []byte) error) error, last uint64, applied func(batch *pebble.Batch, group uint64)) error {
	batch, done := db.NewBatch(), last
	apply := func() error {
		if batch.Empty() {
			return nil
		}
		applied(batch, last)
		err := db.Write(batch)
		batch = db.NewBatch()
		return err
	}
	err := read(func(number uint64, record []byte) error {
		rows, _, err := ReadRecord(record)
		if err == nil && number > done && len(rows) > 0 {
			var of pebble.Batch
			last = number
			if err = of.SetRepr(rows); err == nil {
				err = batch.Apply(&of, nil)
			}
		}
		if err != nil {
			return fmt.Errorf("rows of group %d: %w", number, err)
		}
		if batch.Len() < applyBytes {
			return nil
		}
		return apply()
	})
	return errors.Join(err, apply())
}
