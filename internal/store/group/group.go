// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package group gathers what is committed together.
//
//	Changes: entries, rows --Take--> gathering group --Seal--> sealed --Record--> log
//	                                 (Pending)                   |
//	                                                             +--Finish, Fail--> Done
//
// Many requests share a group, and a group is one record of the log: one sync
// for all of them. While one is written, the next one gathers.
package group

import (
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Changes are redo entries, and rows that go to their place when the record that
// has them is on disk.
type Changes struct {
	Entries wire.Encoder
	Rows    *pebble.Batch
}

// Empty reports whether there is nothing to commit.
func (c *Changes) Empty() bool { return len(c.Entries.Bytes) == 0 && c.Rows.Empty() }

// Set writes a row with the changes. It cannot fail, as Drop, Merge and Clear
// cannot: a batch that is not yet committed only grows.
func (c *Changes) Set(key, value []byte) { _ = c.Rows.Set(key, value, nil) }

// Drop takes a row away that was set before, in these changes or earlier ones.
func (c *Changes) Drop(key []byte) { _ = c.Rows.Delete(key, nil) }

// Merge adds to a row.
func (c *Changes) Merge(key, value []byte) { _ = c.Rows.Merge(key, value, nil) }

// Clear takes away the rows whose keys begin with a prefix.
func (c *Changes) Clear(prefix []byte) {
	s := rows.Under(prefix)
	_ = c.Rows.DeleteRange(s.From, s.To, nil)
}

// Take appends other changes, of which nothing is left there.
func (c *Changes) Take(other *Changes) {
	c.Entries.Bytes = append(c.Entries.Bytes, other.Entries.Bytes...)
	other.Entries.Bytes = other.Entries.Bytes[:0]
	if !other.Rows.Empty() {
		_ = c.Rows.Apply(other.Rows, nil)
		other.Rows.Reset()
	}
}

// Group is what is committed together. Its number is that of its record.
type Group struct {
	Changes
	Number uint64
	Done   chan struct{} // closed when committed or failed
	Err    error         // of the commit, once done
}

// Record appends what the log has of the group:
//
//	length of the rows, uint | rows: a batch of Pebble's | entries
func (g *Group) Record(to []byte) []byte {
	var rows []byte
	if !g.Rows.Empty() {
		rows = g.Rows.Repr()
	}
	to = binary.AppendUvarint(to, uint64(len(rows)))
	return append(append(to, rows...), g.Entries.Bytes...)
}

// ReadRecord takes apart what Record has put together.
func ReadRecord(record []byte) (rows, entries []byte, err error) {
	length, n := binary.Uvarint(record)
	if n <= 0 || length > uint64(len(record)-n) {
		return nil, nil, errors.New("damaged record")
	}
	return record[n : n+int(length)], record[n+int(length):], nil
}

// finish ends a group once: a checkpoint that fails may end it while its commit is
// still under way.
func (g *Group) finish(err error) {
	select {
	case <-g.Done:
	default:
		g.Err = err
		close(g.Done)
	}
}
