// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Group is what is committed together, as one record of the log: redo entries,
// and rows that go to their place when the record is on disk. Its number is the
// record's.
type Group struct {
	Number  uint64
	Entries wire.Encoder
	Rows    *pebble.Batch
	Done    chan struct{} // closed when committed or failed
	Err     error         // of the commit, once done
}

// maxSpare bounds the memory that one group leaves to the next.
const maxSpare = 1 << 20

// newGroup begins a group, in memory that an earlier one has left.
func (b *Book) newGroup(number uint64) *Group {
	g := &Group{Number: number, Rows: b.Rows.NewBatch(), Done: make(chan struct{})}
	g.Entries.Bytes, b.spare = b.spare, nil
	return g
}

// Seal takes the gathered group to be committed, nil where there is nothing or the
// book has failed. What comes next gathers in another one.
func (b *Book) Seal() *Group {
	if b.Failed || b.Pending.Empty() {
		return nil
	}
	g := b.Pending
	b.committing, b.Pending = g, b.newGroup(g.Number+1)
	b.Unfolded += unfolded(g.Rows.Len(), len(g.Entries.Bytes))
	return g
}

// Finish tells those who wait for a group that it is on disk.
func (b *Book) Finish(g *Group) {
	g.finish(nil)
	if cap(g.Entries.Bytes) <= maxSpare {
		b.spare = g.Entries.Bytes[:0]
	}
	g.Entries.Bytes = nil
}

// Fail tells those who wait for groups that these will not be on disk. It reports
// whether that is new: nothing is committed after it.
func (b *Book) Fail(err error) bool {
	if b.Failed {
		return false
	}
	b.Failed = true
	for _, g := range []*Group{b.committing, b.Pending} {
		if g != nil {
			g.finish(err)
		}
	}
	close(b.Dead)
	return true
}

// Unsettled returns the groups that are not on disk yet, or were the last to be.
func (b *Book) Unsettled() (groups []*Group) {
	if b.committing != nil {
		groups = append(groups, b.committing)
	}
	if !b.Pending.Empty() {
		groups = append(groups, b.Pending)
	}
	return groups
}

// Empty reports whether there is nothing to commit.
func (g *Group) Empty() bool { return len(g.Entries.Bytes) == 0 && g.Rows.Empty() }

// record appends what the log has of the group:
//
//	length of the rows, uint | rows: a batch of Pebble's | entries
func (g *Group) record(to []byte) []byte {
	var rows []byte
	if !g.Rows.Empty() {
		rows = g.Rows.Repr()
	}
	to = binary.AppendUvarint(to, uint64(len(rows)))
	return append(append(to, rows...), g.Entries.Bytes...)
}

// readRecord takes apart what record has put together.
func readRecord(record []byte) (rows, entries []byte, err error) {
	length, n := binary.Uvarint(record)
	if n <= 0 || length > uint64(len(record)-n) {
		return nil, nil, errors.New("damaged record")
	}
	return record[n : n+int(length)], record[n+int(length):], nil
}

// newUser writes a user's id to its place: entries name users by slot.
func (g *Group) newUser(org, slot uint32, hash uint64, id string) {
	value := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(id)), hash)
	g.Set(UserKey(org, slot), append(value, id...))
}

// Set writes a row with the group. It cannot fail, as Drop, merge and clear cannot: a
// batch that is not yet committed only grows.
func (g *Group) Set(key, value []byte) { _ = g.Rows.Set(key, value, nil) }

// Drop takes a row away that was set before, in this group or an earlier one.
func (g *Group) Drop(key []byte) { _ = g.Rows.Delete(key, nil) }

func (g *Group) merge(key, value []byte) { _ = g.Rows.Merge(key, value, nil) }

// clear takes away the rows whose keys begin with a prefix.
func (g *Group) clear(prefix []byte) {
	s := rows.Under(prefix)
	_ = g.Rows.DeleteRange(s.From, s.To, nil)
}

// Commit appends a group to the log, which syncs it, and then applies its rows:
// what can be read is on disk.
func (b *Book) Commit(g *Group) error {
	b.written = g.record(b.written[:0])
	number, err := b.Log.Append(b.written)
	if err == nil && number != g.Number {
		err = fmt.Errorf("group %d is record %d of the log", g.Number, number)
	}
	if err != nil || g.Rows.Empty() {
		return err
	}
	applied(g.Rows, g.Number)
	return b.Rows.Write(g.Rows)
}

// commitNow commits what has gathered, before anybody else does.
func (b *Book) commitNow() error {
	if b.Pending.Empty() {
		return nil
	}
	g := b.Pending
	b.Pending = b.newGroup(g.Number + 1)
	return b.Commit(g)
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

// Sealed returns the group that was sealed last, nil before the first.
func (b *Book) Sealed() *Group { return b.committing }

// LastGroup returns the group that holds the last change, nil where everything
// is on disk. What changes nothing waits for it too: what it repeats may be in
// there.
func (b *Book) LastGroup() *Group {
	if b.Pending.Empty() {
		return b.committing
	}
	return b.Pending
}
