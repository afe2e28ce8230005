// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// positions is how far rows have come, in groups of the log.
type positions struct {
	needed  uint64    // the first one that a start reads
	highest uint64    // the last one of which rows have something
	now     time.Time // at the last checkpoint
}

// positionsOf reads the positions of rows, see docs/state-format.md.
func positionsOf(db *rows.DB) (p positions, err error) {
	number := func(key []byte, of func(*wire.Decoder)) {
		row, missing := db.Get(key)
		if err = missing; err != nil || row == nil {
			return
		}
		d := &wire.Decoder{Bytes: row}
		of(d)
		err = d.Err()
	}
	number(rowkey.MetaLog, func(d *wire.Decoder) { p.needed = d.Uint() })
	if err == nil {
		number(rowkey.MetaApplied, func(d *wire.Decoder) { p.highest = d.Uint() })
	}
	if err == nil {
		number(rowkey.MetaNow, func(d *wire.Decoder) { p.now = time.Unix(0, d.Int()).UTC() })
	}
	if err != nil {
		return p, err
	}
	err = db.Each(rows.Under([]byte{rowkey.Head}), func(_, head []byte) error {
		d := &wire.Decoder{Bytes: head}
		group, offset := d.Uint(), d.Uint()
		if offset == 0 && group > 0 { // nothing of it
			group--
		}
		p.highest = max(p.highest, group)
		return d.Err()
	})
	return p, err
}

// arrivalOf returns the last arrival that a record of the log has, the zero time where
// it has none that can be read.
func arrivalOf(record []byte) (at time.Time) {
	_, entries, err := group.ReadRecord(record)
	if err != nil {
		return at
	}
	d := &wire.Decoder{Bytes: entries}
	for r := new(redo.Reading); len(d.Bytes) > 0 && r.Read(d) == nil; {
		if x, is := r.Entry.(*redo.Arrival); is {
			at = time.Unix(0, x.Now).UTC()
		}
	}
	return at
}
