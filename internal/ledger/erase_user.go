// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
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
	book  *book.Book
	group *group.Group // has it
	spans []rows.Span  // of the rows
	ids   int          // that are erased, of a user
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
	o := inquiry.Named(b, organization)
	if o == nil || o == b.Nobody {
		return nil, inquiry.ErrNoOrganization
	}
	if err := held(o); err != nil {
		return nil, err
	}
	slot, known := inquiry.SlotOf(b, o, user)
	if !known || o.Nameless(slot) {
		return nil, ErrNoUser
	}
	names, err := b.NamesOf(o, slot)
	if err != nil {
		return nil, err
	}
	b.Tick(now.UnixNano())
	b.Advance(o)
	e := &erasure{book: b, group: b.Pending, ids: len(names), spans: []rows.Span{rows.Under([]byte{rowkey.Memory}), rows.Under([]byte{rowkey.Redo})}}
	err = redact(b, func(text string) bool {
		return slices.ContainsFunc(names, func(n book.Name) bool { return text == n.ID || text == n.Pseudonym })
	})
	if err != nil {
		return nil, err
	}
	e.spans = append(e.spans, b.Unname(o, names)...)
	l.hide(o, names)
	return e, nil
}

// hide takes what names a user out of the figures that are shown until the next
// collection.
func (l *Ledger) hide(o *book.Org, names []book.Name) {
	named := func(s *usage.Series) bool {
		return slices.ContainsFunc(s.Labels, func(label usage.Label) bool {
			return slices.ContainsFunc(names, func(n book.Name) bool { return label.Value == n.ID || label.Value == n.Pseudonym })
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
