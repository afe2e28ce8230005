// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// What a room above needs that takes organizations out of the book and into it.

// Step makes changes to the book in one group, which is on disk when the error is nil.
// f returns an error before it changes anything. One step is made at a time.
func (l *Ledger) Step(now time.Time, f func(b *book.Book) error) error {
	l.stepping.Lock()
	defer l.stepping.Unlock()
	l.mu.Lock()
	err := l.unavailable(now)
	var g *group.Group
	if err == nil {
		l.book.Tick(now.UnixNano())
		if err = f(l.book); err == nil {
			g = l.book.Last()
		}
	}
	l.mu.Unlock()
	if err == nil {
		err = l.await(context.Background(), g) // also where the caller has gone: Away tells of what was done
	}
	if err == nil {
		l.mu.Lock()
		l.tellAway()
		l.mu.Unlock()
	}
	return err
}

// Still calls f while nothing goes through the files of the book but commits.
func (l *Ledger) Still(f func(b *book.Book) error) error {
	l.folding.Lock()
	defer l.folding.Unlock()
	b, ok := l.working()
	if !ok {
		return l.Ready()
	}
	return f(b)
}

// Checkpoint has all that was acknowledged in the snapshot and in rows.
func (l *Ledger) Checkpoint() error {
	b, ok := l.working()
	if !ok {
		return l.Ready()
	}
	return l.checkpoint(b)
}

// Away are the organizations that are not counted here while they are moved, or since
// they were, as is on disk. Nobody changes what it returns.
func (l *Ledger) Away() map[string]*part.Transfer { return *l.away.Load() }

// tellAway notes them, all of which are on disk; the caller holds l.mu.
func (l *Ledger) tellAway() {
	away := maps.Clone(l.book.Transfers)
	for id, t := range away {
		if t.State == part.Gone {
			l.latest = l.latest.Without(id)
		}
	}
	l.away.Store(&away)
}

// held says why nothing may be changed of an organization that is being moved, or nil.
func held(o *book.Org) error {
	if o.Held {
		return fmt.Errorf("%w: organization %q is being moved", usage.ErrUnavailable, o.ID)
	}
	return nil
}
