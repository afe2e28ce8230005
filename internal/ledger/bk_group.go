// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// group is what is committed together, as one record of the log: redo entries,
// and rows that go to their place when the record is on disk. Its number is the
// record's.
type group struct {
	number  uint64
	entries wire.Encoder
	rows    *pebble.Batch
	done    chan struct{} // closed when committed or failed
	err     error         // of the commit, once done
}

// maxSpare bounds the memory that one group leaves to the next.
const maxSpare = 1 << 20

// newGroup begins a group, in memory that an earlier one has left.
func (b *book) newGroup(number uint64) *group {
	g := &group{number: number, rows: b.db.NewBatch(), done: make(chan struct{})}
	g.entries.Bytes, b.spare = b.spare, nil
	return g
}

// leave takes the memory of a group that is on disk.
func (b *book) leave(g *group) {
	if cap(g.entries.Bytes) <= maxSpare {
		b.spare = g.entries.Bytes[:0]
	}
	g.entries.Bytes = nil
}

func (g *group) empty() bool { return len(g.entries.Bytes) == 0 && g.rows.Empty() }

// record appends what the log has of the group:
//
//	length of the rows, uint | rows: a batch of Pebble's | entries
func (g *group) record(to []byte) []byte {
	var rows []byte
	if !g.rows.Empty() {
		rows = g.rows.Repr()
	}
	to = binary.AppendUvarint(to, uint64(len(rows)))
	return append(append(to, rows...), g.entries.Bytes...)
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
func (g *group) newUser(org, slot uint32, hash uint64, id string) {
	value := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(id)), hash)
	g.set(userKey(org, slot), append(value, id...))
}

// set, merge, drop and clear cannot fail: a batch that is not yet committed only
// grows. What is taken away was set before, in this batch or an earlier one.
func (g *group) set(key, value []byte)   { _ = g.rows.Set(key, value, nil) }
func (g *group) drop(key []byte)         { _ = g.rows.Delete(key, nil) }
func (g *group) merge(key, value []byte) { _ = g.rows.Merge(key, value, nil) }
func (g *group) clear(prefix []byte) {
	s := rows.Under(prefix)
	_ = g.rows.DeleteRange(s.From, s.To, nil)
}

// commit appends a group to the log, which syncs it, and then applies its rows:
// what can be read is on disk.
func (b *book) commit(g *group) error {
	b.written = g.record(b.written[:0])
	number, err := b.log.Append(b.written)
	if err == nil && number != g.number {
		err = fmt.Errorf("group %d is record %d of the log", g.number, number)
	}
	if err != nil || g.rows.Empty() {
		return err
	}
	applied(g.rows, g.number)
	return b.db.Write(g.rows)
}

// commitNow commits what has gathered, before there is a commitLoop.
func (b *book) commitNow() error {
	if b.pending.empty() {
		return nil
	}
	g := b.pending
	b.pending = b.newGroup(g.number + 1)
	return b.commit(g)
}

// finish is called with the ledger's lock held: a checkpoint that fails may end
// a group while its commit is still under way.
func (g *group) finish(err error) {
	select {
	case <-g.done:
	default:
		g.err = err
		close(g.done)
	}
}

// lastGroup returns the group that holds the last change, nil where everything
// is on disk. What changes nothing waits for it too: what it repeats may be in
// there.
func (b *book) lastGroup() *group {
	if b.pending.empty() {
		return b.committing
	}
	return b.pending
}
