// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package part

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Erased reads which numbers are of organizations that were erased.
func (s Source) Erased() (map[uint32]bool, error) {
	erased := map[uint32]bool{}
	err := s.Rows.Each(rows.Under([]byte{rowkey.Erased}), func(key, _ []byte) error {
		if len(key) != 5 {
			return errors.New("damaged mark of an erased organization")
		}
		erased[binary.BigEndian.Uint32(key[1:])] = true
		return nil
	})
	return erased, err
}

// Integer is a number as rows have it.
func Integer(n int64) []byte {
	var e wire.Encoder
	e.Int(n)
	return e.Bytes
}

// Tombstones reads until when erased users of an organization are not taken for others,
// by slot.
func (s Source) Tombstones(number uint32) (map[uint32]period.Minute, error) {
	all := map[uint32]period.Minute{}
	err := s.Rows.Each(rows.Under(rowkey.Of(rowkey.Tombstone, number)), func(key, value []byte) error {
		d := &wire.Decoder{Bytes: value}
		until := d.Int()
		if len(key) != 9 || d.Err() != nil {
			return fmt.Errorf("damaged tombstone of organization %d", number)
		}
		all[binary.BigEndian.Uint32(key[5:])] = period.Floor(until)
		return nil
	})
	return all, err
}
