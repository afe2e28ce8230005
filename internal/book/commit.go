// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"encoding/binary"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
)

// Seal takes the gathered group to be committed, nil where there is nothing or the
// book has failed.
func (b *Book) Seal() *group.Group {
	g := b.Line.Seal()
	if g != nil {
		b.Unfolded += unfolded(g.Rows.Len(), len(g.Entries.Bytes))
	}
	return g
}

// Commit appends a group to the log, which syncs it, and then applies its rows:
// what can be read is on disk.
func (b *Book) Commit(g *group.Group) error {
	b.written = g.Record(b.written[:0])
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
	return b.Commit(b.Next())
}

// nameUser writes a user's id to its place: entries name users by slot.
func nameUser(to *group.Changes, org, slot uint32, hash uint64, id string) {
	value := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(id)), hash)
	to.Set(rowkey.OfUser(org, slot), append(value, id...))
}
