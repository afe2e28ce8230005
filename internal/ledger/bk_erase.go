// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// erase takes an organization out of the book. All of it goes in one batch, and
// a mark stays: its number is never given again, and redo entries of before are
// passed over.
func (b *book) erase(o *org) {
	b.setUnlisted(o, false)
	b.forget(o)
	o.erased = true
	b.orgs[o.Number] = nil
	delete(b.byName, o.ID)
	b.byID = slices.DeleteFunc(slices.Clone(b.byID), func(other *org) bool { return other == o })
	for _, kind := range ofOrganization {
		b.pending.clear(orgKey(kind, o.Number))
	}
	var at wire.Encoder
	at.Int(b.now)
	b.pending.set(orgKey(keyErased, o.Number), at.Bytes)
}

// readErased reads which numbers are of organizations that were erased.
func (b *book) readErased() (map[uint32]bool, error) {
	erased := map[uint32]bool{}
	err := b.db.Each(rows.Under([]byte{keyErased}), func(key, _ []byte) error {
		if len(key) != 5 {
			return errors.New("damaged mark of an erased organization")
		}
		number := binary.BigEndian.Uint32(key[1:])
		if int(number) < len(b.orgs) && b.orgs[number] != nil {
			return fmt.Errorf("organization %d is there, and marked as erased", number)
		}
		erased[number] = true
		for int(number) >= len(b.orgs) {
			b.orgs = append(b.orgs, nil)
		}
		return nil
	})
	return erased, err
}

// name is an id that is to be erased.
type name struct {
	slot          uint32
	id, pseudonym string
}

// namesOf returns all ids of a person.
func (b *book) namesOf(o *org, slot uint32) (names []name, err error) {
	root := o.Root(slot)
	for _, slot := range append([]uint32{root}, o.MergedInto(root)...) {
		value, err := b.db.Get(userKey(o.Number, slot))
		if err != nil {
			return nil, err
		}
		if len(value) < 8 {
			return nil, fmt.Errorf("%w: the user has only just come", usage.ErrUnavailable)
		}
		if id := string(value[8:]); id != "" { // else it was erased before it became theirs
			names = append(names, name{slot, id, pseudonym(o.secret[16:], id)})
		}
	}
	return names, nil
}

// unname takes a person's names, in one group. It returns where they stood.
func (b *book) unname(o *org, names []name) (spans []rows.Span) {
	until := o.OpenUntil(period.Ceil(b.now))
	for _, n := range names {
		o.SetNameless(n.slot, true)
		o.tombstones[n.slot] = until
		delete(o.names, n.slot)
		b.pending.newUser(o.Number, n.slot, o.Hashes.User(n.id), "")
		b.pending.set(tombstoneKey(o.Number, n.slot), tombstone(until))
		firsts := archive.FirstsOf(o.Number, n.slot)
		b.pending.clear(firsts)
		o.notes.Drop(n.slot)
		spans = append(spans, rows.Under(userKey(o.Number, n.slot)), rows.Under(firsts))
		if o.HasName(n.id) {
			o.ForgetName(n.id)
			redo.ForgetName{Name: n.id}.Append(&b.pending.entries, o.Number)
			b.forget(o) // its journal has the name
			spans = append(spans, rows.Under(orgKey(keyHead, o.Number)), rows.Under(orgKey(keyJournal, o.Number)))
		}
	}
	o.dirty = true
	b.pending.set(metaPurge, nil)
	return spans
}

func tombstoneKey(org, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(orgKey(keyTombstone, org), slot)
}

func tombstone(until period.Minute) []byte {
	var e wire.Encoder
	e.Int(until.Ns())
	return e.Bytes
}

// readTombstones reads those of an organization.
func (b *book) readTombstones(o *org) error {
	return b.db.Each(rows.Under(orgKey(keyTombstone, o.Number)), func(key, value []byte) error {
		d := &wire.Decoder{Bytes: value}
		until := d.Int()
		if len(key) != 9 || d.Err() != nil {
			return fmt.Errorf("damaged tombstone of organization %d", o.Number)
		}
		o.tombstones[binary.BigEndian.Uint32(key[5:])] = period.Floor(until)
		return nil
	})
}

// returned gives a user who comes after their tombstone's time a name again.
func (b *book) returned(o *org, slot uint32, id string) {
	until, there := o.tombstones[slot]
	if !there || b.now < until.Ns() {
		return
	}
	delete(o.tombstones, slot)
	o.SetNameless(slot, false)
	b.pending.newUser(o.Number, slot, o.Hashes.User(id), id)
	b.pending.drop(tombstoneKey(o.Number, slot))
}

// bury takes the tombstones of an organization whose time has come and whose
// users have nothing in any period that is open.
func (b *book) bury(o *org) {
	for slot, until := range o.tombstones {
		root := o.Root(slot)
		if _, standing := o.Status(root); standing || b.now < until.Ns() || b.now < o.OpenUntil(o.LastOf(root)).Ns() {
			continue
		}
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails
		hash := binary.LittleEndian.Uint64(random[:])
		delete(o.tombstones, slot)
		o.ForgetUser(slot, hash)
		b.pending.newUser(o.Number, slot, hash, "")
		b.pending.drop(tombstoneKey(o.Number, slot))
	}
}
