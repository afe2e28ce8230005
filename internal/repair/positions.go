// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// positions is how far rows and the snapshot have come, in groups of the log.
type positions struct {
	needed  uint64    // the first one that a start reads
	highest uint64    // the last one of which they have something
	now     time.Time // at the last checkpoint
}

// positionsOf reads them, see docs/state-format.md.
func positionsOf(db *rows.DB, s *snapshot.Store) (p positions, err error) {
	from := part.Source{Rows: db, Snapshot: s}
	mark, err := from.Mark()
	if err != nil {
		return p, err
	}
	p.needed = mark.Needed
	if d := (&wire.Decoder{Bytes: mark.Clock}); len(d.Bytes) > 0 {
		p.now, err = time.Unix(0, d.Int()).UTC(), d.Err()
	}
	if err == nil {
		p.highest, _, err = from.Number(rowkey.MetaApplied)
	}
	if err != nil {
		return p, err
	}
	for _, owner := range s.Owners() {
		head, err := s.Get(snapshot.Key{Owner: owner, Kind: part.Head})
		if err == nil && head != nil {
			err = p.head(head)
		}
		if err != nil {
			return p, err
		}
	}
	return p, db.Each(rows.Under([]byte{rowkey.Head}), func(_, head []byte) error { return p.head(head) })
}

// head takes the position of an organization.
func (p *positions) head(head []byte) error {
	d := &wire.Decoder{Bytes: head}
	at := part.DecodePosition(d)
	if at.Offset == 0 && at.Group > 0 { // nothing of it
		at.Group--
	}
	p.highest = max(p.highest, at.Group)
	return d.Err()
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
