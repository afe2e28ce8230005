// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package part says what a ledger's snapshot is made of: the parts of each
// organization, which is their owner by its number, and how far they go in the log.
//
//	an organization --Take, More--> Saved --Put--> snapshot: head, closings, pages; Mark
//	                            |               |
//	                            |               +--Source.Read--> ReadBack, at a start
//	                            +--SetRows--> rows, where its state changes together with other rows;
//	                                          the next checkpoint moves it to the snapshot
//
// docs/state-format.md says what the bytes are.
package part

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Directory is where the snapshot is, below the ledger's directory.
const Directory = "snapshot"

// The kinds of parts, in the order in which they are read.
const (
	Head     uint8 = iota // position, trends, head of organization.Organization
	Closings              // of organization.Organization
	Page                  // a chunk of the users' blocks, by its number
)

// Saved is what is to be written of an organization. Its memory is used again.
type Saved struct {
	Owner uint32
	// Whole says that all of it is here, and what the snapshot has is to go.
	Whole bool
	bytes []byte
	parts []piece
	pages people.Saving
}

// piece is a part that ends at a byte.
type piece struct {
	kind   uint8
	number uint32
	end    int
}

// Begin begins with an organization.
func (s *Saved) Begin(owner uint32) {
	s.Owner, s.Whole, s.bytes, s.parts = owner, false, s.bytes[:0], s.parts[:0]
}

// add adds a part, in the order of kinds and numbers, that was appended to the bytes of
// those before.
func (s *Saved) add(kind uint8, number uint32, bytes []byte) {
	s.bytes = bytes
	s.parts = append(s.parts, piece{kind, number, len(bytes)})
}

func (s *Saved) each(f func(kind uint8, number uint32, data []byte) error) error {
	from := 0
	for _, p := range s.parts {
		if err := f(p.kind, p.number, s.bytes[from:p.end]); err != nil {
			return err
		}
		from = p.end
	}
	return nil
}

// Take takes what changed of an organization since it was saved last, and what the
// entries before a position do to it: all but pages of users, which follow with More as
// they are now.
func (s *Saved) Take(o *organization.Organization, trends *organization.Trends, to Position) {
	e := wire.Encoder{Bytes: s.bytes}
	to.encode(&e)
	trends.Encode(&e)
	o.Encode(&e)
	s.add(Head, 0, e.Bytes)
	o.EncodeClosings(&e)
	s.add(Closings, 0, e.Bytes)
	o.SavePages(&s.pages)
}

// More takes pages until they have about so many bytes, and reports whether there may
// be more of them.
func (s *Saved) More(most int) bool {
	for len(s.bytes) < most {
		page, bytes, there := s.pages.Next(s.bytes)
		if !there {
			return false
		}
		s.add(Page, page, bytes)
	}
	return true
}

// End gives up the pages that are left.
func (s *Saved) End() { s.pages.End() }

// Size returns how many parts it has, and their bytes.
func (s *Saved) Size() (parts int, bytes int64) { return len(s.parts), int64(len(s.bytes)) }

// Put puts what was taken into the next snapshot.
func (s *Saved) Put(w *snapshot.Writer) error {
	if s.Whole {
		w.DropOwner(s.Owner)
	}
	err := s.each(func(kind uint8, number uint32, data []byte) error {
		return w.Put(snapshot.Key{Owner: s.Owner, Kind: kind, Number: number}, data)
	})
	s.Begin(s.Owner) // more of it may follow
	return err
}

// SetRows puts it, which is Whole, into rows: what came of the organization is on
// disk together with the other rows of the batch.
func (s *Saved) SetRows(batch *pebble.Batch) {
	ClearRows(batch, s.Owner)
	_ = s.each(func(kind uint8, number uint32, data []byte) error { // a batch that is not yet committed only grows
		key := rowkey.Of(rowkey.Head, s.Owner)
		switch kind {
		case Closings:
			key[0] = rowkey.Closings
		case Page:
			key = rowkey.OfPage(s.Owner, organization.UsersOfAll, 0, number)
		}
		return batch.Set(key, data, nil)
	})
}

// ClearOld takes away what the snapshot has now: the state of some organizations, the
// mark, and up to format 6 the redo entries.
func ClearOld(batch *pebble.Batch, owners []uint32) {
	for _, owner := range owners {
		ClearRows(batch, owner)
	}
	redo := rows.Under([]byte{rowkey.Redo})
	_ = batch.DeleteRange(redo.From, redo.To, nil) // cannot fail before it is committed
	_ = batch.Delete(rowkey.MetaLog, nil)
	_ = batch.Delete(rowkey.MetaNow, nil)
}

// ClearRows takes the rows of an organization's state away.
func ClearRows(batch *pebble.Batch, owner uint32) {
	for _, kind := range []byte{rowkey.Head, rowkey.Closings, rowkey.Page} {
		s := rows.Under(rowkey.Of(kind, owner))
		_ = batch.DeleteRange(s.From, s.To, nil) // cannot fail before it is committed
	}
}
