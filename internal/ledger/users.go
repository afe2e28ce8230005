// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

// usersAtOnce is how many users are looked at while arrivals wait.
const usersAtOnce = 256

// Users calls yield with each user that had anything in a period, in the order of
// their places, as of the last collection or arrival. The user is valid until
// yield returns, which the ledger does not wait for. Users that come meanwhile
// are left out; other changes may be in it or not.
//
// Of a period that is over for longer than the acceptance span, figures stay as
// they are while users may still become one by an alias, or change their status
// for a time before its end: they may then be fewer, or count otherwise, than
// in its figures.
func (l *Ledger) Users(ctx context.Context, q inquiry.UsersQuery, yield func(*inquiry.User) error) error {
	l.mu.Lock()
	a, err := l.ask(q.Organization, q.Meter, q.Window, q.Period)
	if err != nil {
		l.mu.Unlock()
		return err
	}
	f, end := l.file(a.Book, a.Org), uint32(a.Org.Users())
	l.mu.Unlock()
	if err := l.filed(ctx, f); err != nil { // their ids are on disk then
		return err
	}
	r := &inquiry.Reader{Asked: a}
	if err := l.chunks(ctx, a, 0, end, r.GatherMerged); err != nil {
		return err
	}
	slices.Sort(r.Merged)
	return l.chunks(ctx, a, q.From, end, func(from, to uint32) error {
		if err := r.Read(from, to); err != nil {
			return fmt.Errorf("users of organization %q: %w", a.Org.ID, err)
		}
		return nil
	}, func() error {
		for i := range r.Users {
			if err := yield(&r.Users[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// chunks calls f for the slots from one to another, some at a time, with the lock
// held, and after each time the others without it.
func (l *Ledger) chunks(ctx context.Context, a *inquiry.Asked, from, to uint32, f func(from, to uint32) error, then ...func() error) error {
	for ; from < to; from += min(usersAtOnce, to-from) {
		l.mu.Lock()
		err := l.still(a)
		if err == nil {
			err = f(from, from+min(usersAtOnce, to-from))
		}
		l.mu.Unlock()
		for _, f := range then {
			if err == nil {
				err = f()
			}
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
