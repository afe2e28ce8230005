// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Erase takes an organization out of the book. All of it goes in one batch, and
// a mark stays: its number is never given again, and redo entries of before are
// passed over.
func (b *Book) Erase(o *Org) {
	b.setUnlisted(o, false)
	b.forget(o, &b.Pending.Changes)
	o.Erased = true
	b.Orgs[o.Number] = nil
	delete(b.byName, o.ID)
	b.ByID = slices.DeleteFunc(slices.Clone(b.ByID), func(other *Org) bool { return other == o })
	part.Wipe(b.Pending.Rows, o.Number)
	b.Pending.Set(rowkey.Of(rowkey.Erased, o.Number), part.Integer(b.Now))
}

// passErased leaves out the numbers of organizations that were erased.
func (b *Book) passErased() (map[uint32]bool, error) {
	erased, err := b.source().Erased()
	for number := range erased {
		if int(number) < len(b.Orgs) && b.Orgs[number] != nil {
			return nil, fmt.Errorf("organization %d is there, and marked as erased", number)
		}
		for int(number) >= len(b.Orgs) {
			b.Orgs = append(b.Orgs, nil)
		}
	}
	return erased, err
}

// Name is an id that is to be erased.
type Name struct {
	slot          uint32
	ID, Pseudonym string
}

// NamesOf returns all ids of a person.
func (b *Book) NamesOf(o *Org, slot uint32) (names []Name, err error) {
	root := o.Root(slot)
	for _, slot := range append([]uint32{root}, o.MergedInto(root)...) {
		value, err := b.Rows.Get(rowkey.OfUser(o.Number, slot))
		if err != nil {
			return nil, err
		}
		if len(value) < 8 {
			return nil, fmt.Errorf("%w: the user has only just come", usage.ErrUnavailable)
		}
		if id := string(value[8:]); id != "" { // else it was erased before it became theirs
			names = append(names, Name{slot, id, identity.Pseudonym(o.Secret[16:], id)})
		}
	}
	return names, nil
}

// Unname takes a person's names, in one group. It returns where they stood.
func (b *Book) Unname(o *Org, names []Name) (spans []rows.Span) {
	until := o.OpenUntil(period.Ceil(b.Now))
	for _, n := range names {
		o.SetNameless(n.slot, true)
		o.Tombstones[n.slot] = until
		delete(o.names, n.slot)
		nameUser(&b.Pending.Changes, o.Number, n.slot, o.Hashes.User(n.ID), "")
		b.Pending.Set(rowkey.OfTombstone(o.Number, n.slot), part.Integer(until.Ns()))
		firsts := archive.FirstsOf(o.Number, n.slot)
		b.Pending.Clear(firsts)
		o.notes.Drop(n.slot)
		spans = append(spans, rows.Under(rowkey.OfUser(o.Number, n.slot)), rows.Under(firsts))
		if o.HasName(n.ID) {
			o.ForgetName(n.ID)
			redo.ForgetName{Name: n.ID}.Append(&b.Pending.Entries, o.Number)
			b.forget(o, &b.Pending.Changes) // its journal has the name
			spans = append(spans, rows.Under(rowkey.Of(rowkey.Head, o.Number)), rows.Under(rowkey.Of(rowkey.Journal, o.Number)))
		}
	}
	o.Dirty = true
	b.Pending.Set(rowkey.MetaPurge, nil)
	return spans
}

// returned gives a user who comes after their tombstone's time a name again.
func returned(o *Org, now int64, slot uint32, id string, to *group.Changes) {
	until, there := o.Tombstones[slot]
	if !there || now < until.Ns() {
		return
	}
	delete(o.Tombstones, slot)
	o.SetNameless(slot, false)
	nameUser(to, o.Number, slot, o.Hashes.User(id), id)
	to.Drop(rowkey.OfTombstone(o.Number, slot))
}

// Bury takes the tombstones of an organization whose time has come and whose
// users have nothing in any period that is open.
func (b *Book) Bury(o *Org) {
	for slot, until := range o.Tombstones {
		root := o.Root(slot)
		if _, standing := o.Status(root); standing || b.Now < until.Ns() || b.Now < o.OpenUntil(o.LastOf(root)).Ns() {
			continue
		}
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails
		hash := binary.LittleEndian.Uint64(random[:])
		delete(o.Tombstones, slot)
		o.ForgetUser(slot, hash)
		nameUser(&b.Pending.Changes, o.Number, slot, hash, "")
		b.Pending.Drop(rowkey.OfTombstone(o.Number, slot))
	}
}
