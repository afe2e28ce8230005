// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
)

// ErrListed says that an organization cannot be erased.
var ErrListed = errors.New("the catalogue lists it: take it out of the catalogue first")

// Erase removes an organization that the catalogue does not list: its state, its
// users with their ids, its statements. When it returns nil, that is on disk. It
// returns how many users the organization had. If something of it comes again,
// it begins anew. The keys of its counted items are hashes under a secret that
// is gone, and run out by themselves.
func (l *Ledger) Erase(ctx context.Context, id string, now time.Time) (users int, err error) {
	g, users, err := l.erase(id, now)
	if err != nil {
		return 0, fmt.Errorf("organization %q: %w", id, err)
	}
	return users, l.await(ctx, g)
}

func (l *Ledger) erase(id string, now time.Time) (_ *group, users int, _ error) {
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
	b.tick(now.UnixNano())
	b.erase(o)
	return b.pending, o.Users(), nil
}

// erase takes an organization out of the book. All of it goes in one batch, and
// a mark stays: its number is never given again, and redo entries of before are
// passed over.
func (b *book) erase(o *org) {
	b.setUnlisted(o, false)
	b.forget(o)
	o.erased = true
	b.orgs[o.number] = nil
	delete(b.byName, o.ID)
	b.byID = slices.DeleteFunc(slices.Clone(b.byID), func(other *org) bool { return other == o })
	for _, kind := range ofOrganization {
		b.pending.clear(orgKey(kind, o.number))
	}
	var at meter.Encoder
	at.Int(b.now)
	b.pending.set(orgKey(keyErased, o.number), at.Bytes)
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
