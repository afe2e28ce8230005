// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
)

// Everything is in the log first, and the store has no log of its own: after a
// crash it is as it was after one of the batches that were written to it, at the
// latest flush or later. Each batch of a group's rows says in metaApplied which
// group that is, so a start knows which rows of the log are missing.
//
//	log     ... 41 42 43 44 45 46 47
//	              |        |
//	              |        metaApplied: rows of 45 and later are applied at a start
//	              the snapshot's mark: entries of 42 and later are, behind each organization's position
//
// What is written to the store and not to the log is
//
//   - what belongs to a checkpoint: a flush follows before the snapshot is in force, and
//     the log is released behind that;
//   - changed definitions: a flush follows, before anything is counted by them;
//   - what a start makes again if it is missing: statements, the end of a purge.

// applied has a batch say that it brings the rows up to a group.
func applied(batch *pebble.Batch, group uint64) { part.SetNumber(batch, rowkey.MetaApplied, group) }

// openSnapshot opens the snapshot, and finds how far it has come.
func (b *Book) openSnapshot() (err error) {
	s := b.Settings
	known, _ := b.certified.Known()
	if b.Snapshot, err = snapshot.Open(s.FS, s.FS.PathJoin(s.Directory, part.Directory), known.Snapshot); err != nil {
		return err
	}
	b.mark, err = b.source().Mark()
	return err
}

// openLog opens the log and brings the rows up to it. Where the directory has
// none yet, b.log stays nil: see convert.
func (b *Book) openLog() error {
	from := b.mark.Needed
	err := trust.Reached(b.Settings.Directory, b.certified, from)
	if err != nil || from == 0 {
		return err
	}
	if b.Log, err = log.Open(trust.LogOptions(b.Settings.FS, b.Settings.Directory, b.certified, true), from, func(uint64, []byte) error { return nil }); err != nil {
		return err
	}
	return b.applyRows()
}

// applyRows applies the rows of groups that the store has not.
func (b *Book) applyRows() error {
	done, _, err := b.source().Number(rowkey.MetaApplied)
	if err != nil {
		return err
	}
	return group.Apply(b.Rows, b.Log.Read, done, applied)
}

// openWhole reads since which group entries have first items, and are not in
// journals yet: of those before, both are in rows.
func (b *Book) openWhole() error {
	number, there, err := b.source().Number(rowkey.MetaWhole)
	if b.whole = number; !there {
		b.whole = math.MaxUint64
	}
	return err
}

// beginWhole says so where no group is of that kind yet, with the first one that is.
func (b *Book) beginWhole() {
	if b.whole == math.MaxUint64 {
		b.whole = b.Pending.Number
		part.SetNumber(b.Pending.Rows, rowkey.MetaWhole, b.whole)
	}
}

// unfolded is how much a start has to do for a group, in bytes of entries. Rows
// take it a quarter of the time.
func unfolded(rows, entries int) int64 { return int64(rows/4 + entries) }

// eachGroup calls f for the entries of each group, in order.
func (b *Book) eachGroup(f func(number uint64, entries []byte) error) error {
	if b.Log == nil {
		return b.Rows.Each(rows.Under([]byte{rowkey.Redo}), func(key, value []byte) error {
			if len(key) != 9 {
				return errors.New("damaged key of redo")
			}
			number := binary.BigEndian.Uint64(key[1:])
			b.Pending.Number = number + 1
			return f(number, value)
		})
	}
	return b.Log.Read(func(number uint64, record []byte) error {
		rows, entries, err := group.ReadRecord(record)
		if err != nil {
			return fmt.Errorf("group %d: %w", number, err)
		}
		b.Unfolded += unfolded(len(rows), len(entries))
		return f(number, entries)
	})
}

// convert begins the log of a directory that has none: a new one, or one of a
// format up to 6, whose redo entries are rows. These have been replayed; what came
// of them is written to rows. Until that is on disk nothing goes to the log, so
// that a start does all of it again where it was cut short.
func (b *Book) convert() (err error) {
	c, err := b.Checkpoint(b.ByID, false)
	if err != nil {
		return err
	}
	alone := func(_ *Org, f func()) { f() }
	defer func() { err = errors.Join(err, c.End(alone)) }()
	for _, o := range b.ByID {
		c.Save(o, b.Position())
		if err := c.Write(alone, func(int64) error { return nil }); err != nil {
			return err
		}
	}
	b.SealDuplicates()
	if err := b.Duplicates.Write(); err != nil {
		return err
	}
	next := b.Pending.Number
	b.Log, err = log.Open(trust.LogOptions(b.Settings.FS, b.Settings.Directory, b.certified, false), next, func(number uint64, _ []byte) error {
		return fmt.Errorf("the log has record %d, of which the rows do not know", number)
	})
	if err != nil {
		return err
	}
	if err := b.Rows.Write(b.Pending.Rows); err != nil { // journals that have ended
		return err
	}
	b.Begin(next)
	if err := c.Commit(&part.Mark{Needed: next, Clock: b.Clock()}); err != nil {
		return err
	}
	b.Duplicates.Flushed()
	return nil
}
