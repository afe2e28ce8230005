// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// group is what is committed together: redo entries, and rows that go straight
// to their place.
type group struct {
	number  uint64
	entries wire.Encoder
	rows    *pebble.Batch
	// journals are the organizations whose journals grow with the group.
	journals []*org
	done     chan struct{} // closed when committed or failed
	err      error         // of the commit, once done
}

func newGroup(db *pebble.DB, number uint64) *group {
	return &group{number: number, rows: db.NewBatch(), done: make(chan struct{})}
}

func (g *group) empty() bool { return len(g.entries.Bytes) == 0 && g.rows.Empty() }

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
func (g *group) clear(prefix []byte)     { _ = g.rows.DeleteRange(prefix, after(prefix), nil) }
