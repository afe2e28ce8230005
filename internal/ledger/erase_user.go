// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// A user is erased in two steps (SEMANTICS 9):
//
//	known       u: hash, id     f: first items
//	  | EraseUser
//	tombstone   u: hash         t: until when
//	  | until then, and the periods of all that they did are past
//	forgotten   u: a random number
//
// The slot and what is counted under it stay. While there is a tombstone, items of
// the user are counted under it, without the id being written down again: what was
// sent before the erasure and comes after it brings nothing back. Who still comes
// after `until` is a user by their id as any other, and counts once in the periods
// that the tombstone was counted in.
//
// First items go as a whole: their times alone, to the ns, are those of records
// elsewhere, and nobody can be asked about any more whom they would explain.

// ErrNoUser says that an organization does not know a user.
var ErrNoUser = errors.New("no item of this user was seen, or they were erased")

// EraseUser removes the id of a user, all ids that an alias made one with it, and
// what names them: see above. It returns how many ids these were. When the error
// is nil, that is on disk, and no file of the ledger's directory has them any
// more. What figures count stays.
func (l *Ledger) EraseUser(ctx context.Context, organization, user string, now time.Time) (ids int, err error) {
	if err := l.durably(ctx, organization); err != nil { // ids are on disk, to be read
		return 0, err
	}
	e, err := l.eraseUser(organization, user, now)
	if err == nil {
		err = l.await(ctx, e.group)
	}
	if err == nil {
		err = l.purge(ctx, e.book, e.spans)
	}
	if err != nil {
		return 0, fmt.Errorf("erase a user of organization %q: %w", organization, err)
	}
	return e.ids, nil
}

// erasure is what is left to do of one.
type erasure struct {
	book  *book
	group *group // has it
	spans []span // of the rows
	ids   int    // that are erased, of a user
}

func (l *Ledger) eraseUser(organization, user string, now time.Time) (*erasure, error) {
	l.folding.Lock() // a checkpoint that is under way would write first items again
	defer l.folding.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unavailable(now); err != nil {
		return nil, err
	}
	b := l.book
	o := b.named(organization)
	if o == nil || o == b.nobody {
		return nil, ErrNoOrganization
	}
	slot, known := b.slotOf(o, user)
	if !known || o.Nameless(slot) {
		return nil, ErrNoUser
	}
	names, err := b.namesOf(o, slot)
	if err != nil {
		return nil, err
	}
	b.tick(now.UnixNano())
	b.advance(o)
	e := &erasure{book: b, group: b.pending, ids: len(names), spans: []span{under([]byte{keyMemory}), under([]byte{keyRedo})}}
	if err := b.unname(o, names, e); err != nil {
		return nil, err
	}
	l.hide(o, names)
	return e, nil
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
		value, err := b.meta(userKey(o.Number, slot))
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

// unname takes a person's names, in one group.
func (b *book) unname(o *org, names []name, e *erasure) error {
	err := b.redact(func(text string) bool {
		return slices.ContainsFunc(names, func(n name) bool { return text == n.id || text == n.pseudonym })
	})
	if err != nil {
		return err
	}
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
		e.spans = append(e.spans, under(userKey(o.Number, n.slot)), under(firsts))
		if o.HasName(n.id) {
			o.ForgetName(n.id)
			redo.ForgetName{Name: n.id}.Append(&b.pending.entries, o.Number)
			b.forget(o) // its journal has the name
			e.spans = append(e.spans, under(orgKey(keyHead, o.Number)), under(orgKey(keyJournal, o.Number)))
		}
	}
	o.dirty = true
	b.pending.set(metaPurge, nil)
	return nil
}

// hide takes what names a user out of the figures that are shown until the next
// collection.
func (l *Ledger) hide(o *org, names []name) {
	named := func(s *usage.Series) bool {
		return slices.ContainsFunc(s.Labels, func(label usage.Label) bool {
			return slices.ContainsFunc(names, func(n name) bool { return label.Value == n.id || label.Value == n.pseudonym })
		})
	}
	o.Hide(named)
	l.latest.Organizations = slices.Clone(l.latest.Organizations)
	for i := range l.latest.Organizations {
		if of := &l.latest.Organizations[i]; of.Organization == o.ID {
			of.Figures = slices.DeleteFunc(slices.Clone(of.Figures), func(f usage.Figure) bool { return named(f.Series) })
		}
	}
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
	return b.each(orgKey(keyTombstone, o.Number), func(key, value []byte) error {
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
