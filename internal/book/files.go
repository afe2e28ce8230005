// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Files returns the files that the book consists of, but for runs of counted items,
// which are its owner's: see Runs.
func (b *Book) Files() ([]store.File, error) {
	files, err := b.Rows.Files()
	return append(files, b.Log.Files()...), err
}

// Runs returns the files of counted items.
func (b *Book) Runs() []store.File { return b.Duplicates.Files() }

// RowsOf are the options of the rows of a directory.
func (s *Settings) RowsOf(fs vfs.FS) rows.Options {
	return rows.Options{FS: fs, Dir: s.Directory, Merger: FirstsMerger, Logger: s.Logger}
}

// Positions is how far rows have come, in groups of the log.
type Positions struct {
	Needed  uint64    // the first one that a start reads
	Highest uint64    // the last one of which rows have something
	Now     time.Time // at the last checkpoint
}

// PositionsOf reads the positions of rows.
func PositionsOf(db *rows.DB) (p Positions, err error) {
	b := &Book{Rows: db}
	if p.Needed, _, err = b.number(MetaLog); err != nil {
		return p, err
	}
	if p.Highest, _, err = b.number(MetaApplied); err != nil {
		return p, err
	}
	now, err := db.Get(MetaNow)
	if err != nil {
		return p, err
	}
	d := &wire.Decoder{Bytes: now}
	if at := d.Int(); d.Err() == nil {
		p.Now = time.Unix(0, at).UTC()
	}
	err = db.Each(rows.Under([]byte{KeyHead}), func(_, head []byte) error {
		d := &wire.Decoder{Bytes: head}
		of := position{group: d.Uint(), offset: d.Uint()}
		if of.offset == 0 && of.group > 0 { // nothing of it
			of.group--
		}
		p.Highest = max(p.Highest, of.group)
		return d.Err()
	})
	return p, err
}

// ArrivalOf returns the last arrival that a record of the log has, the zero time where
// it has none that can be read.
func ArrivalOf(record []byte) (at time.Time) {
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
