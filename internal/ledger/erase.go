// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
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
	o := inquiry.Named(b, id)
	if o == nil || o == b.Nobody {
		return nil, 0, inquiry.ErrNoOrganization
	}
	if _, listed := b.Settings.Catalogue.Lookup(o.ID); listed {
		return nil, 0, ErrListed
	}
	if err := held(o); err != nil {
		return nil, 0, err
	}
	err := redact(b, func(text string) bool {
		_, known := o.Blocks().Find(o.Hashes.User(text))
		return known
	})
	if err == nil {
		err = ForgetMemory(b, o.ID)
	}
	if err != nil {
		return nil, 0, err
	}
	b.Tick(now.UnixNano())
	b.Erase(o)
	b.Pending.Set(rowkey.MetaPurge, nil)
	e := &erasure{book: b, group: b.Pending, spans: []rows.Span{rows.Under([]byte{rowkey.Memory}), rows.Under([]byte{rowkey.Redo})}}
	for _, kind := range rowkey.OfOrganization {
		e.spans = append(e.spans, rows.Under(rowkey.Of(kind, o.Number)))
	}
	l.latest = l.latest.Without(o.ID)
	return e, o.Users(), nil
}
