// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// ErrListed says that an organization cannot be erased.
var ErrListed = errors.New("the catalogue lists it: take it out of the catalogue first")

// Erase removes an organization that the catalogue does not list: its state, its
// users with their ids, its statements. When the error is nil, that is on disk, and
// no file of the ledger's directory has any of it. It returns how many users the organization had. If something of it comes again,
// it begins anew. The keys of its counted items are hashes under a secret that
// is gone, and run out by themselves.
func (l *Ledger) Erase(ctx context.Context, id string, now time.Time) (users int, err error) {
	if err := l.durably(ctx, id); err != nil {
		return 0, err
	}
	e, users, err := l.erase(id, now)
	if err == nil {
		err = l.await(ctx, e.group)
	}
	if err == nil {
		err = l.purge(ctx, e.book, e.spans)
	}
	if err != nil {
		return 0, fmt.Errorf("organization %q: %w", id, err)
	}
	return users, nil
}

func (l *Ledger) erase(id string, now time.Time) (_ *erasure, users int, _ error) {
	l.folding.Lock() // a checkpoint that is under way would write rows of it again
	defer l.folding.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unavailable(now); err != nil {
		return nil, 0, err
	}
	b := l.book
	o := b.named(id)
	if o == nil || o == b.nobody {
		return nil, 0, ErrNoOrganization
	}
	if _, listed := b.settings.Catalogue.Lookup(o.ID); listed {
		return nil, 0, ErrListed
	}
	err := b.redact(func(text string) bool {
		_, known := o.FindUser(o.Hashes.User(text))
		return known
	})
	if err == nil {
		err = b.forgetMemory(o)
	}
	if err != nil {
		return nil, 0, err
	}
	b.tick(now.UnixNano())
	b.erase(o)
	b.pending.set(metaPurge, nil)
	e := &erasure{book: b, group: b.pending, spans: []span{under([]byte{keyMemory}), under([]byte{keyRedo})}}
	for _, kind := range ofOrganization {
		e.spans = append(e.spans, under(orgKey(kind, o.Number)))
	}
	l.latest = l.latest.Without(o.ID)
	return e, o.Users(), nil
}

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

// forgetMemory drops the rows of an organization that others keep, see
// usage.Memory.
func (b *book) forgetMemory(o *org) error {
	series, own := append([]byte{usage.MemoryOfOrganization}, o.ID...), append([]byte(o.ID), 0)
	return b.each([]byte{keyMemory}, func(key, _ []byte) error {
		name, of, _ := bytes.Cut(key[1:], []byte{0})
		if bytes.Equal(of, series) || string(name) == usage.MemoryOfBills && bytes.HasPrefix(of, own) {
			b.pending.drop(key)
		}
		return nil
	})
}

// readErased reads which numbers are of organizations that were erased.
func (b *book) readErased() (map[uint32]bool, error) {
	erased := map[uint32]bool{}
	err := b.each([]byte{keyErased}, func(key, _ []byte) error {
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
