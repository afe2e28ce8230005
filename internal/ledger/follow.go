// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// SetCatalogue makes a catalogue the one in force: its organizations exist
// from now on, and changed zones and anchors take effect with the next period.
// Arrivals are taken in meanwhile. After an error it is in force for a part of
// the organizations and may be set again.
func (l *Ledger) SetCatalogue(ctx context.Context, c *catalogue.Catalogue, now time.Time) error {
	l.mu.Lock()
	err := l.unavailable(now)
	if err == nil {
		c, err = c.Spelled(l.book.Identity())
	}
	if err != nil {
		l.mu.Unlock()
		return err
	}
	b, entries := l.book, c.InOrder()
	l.settings.Catalogue = c
	b.Tick(now.UnixNano())
	l.mu.Unlock()
	l.folding.Lock() // see book.replace
	err = l.stretches(b, len(entries), func(i int) { b.Admit(entries[i]) })
	l.folding.Unlock()
	if err != nil {
		return err
	}
	l.mu.Lock()
	orgs := append([]*book.Org(nil), b.ByID...)
	l.mu.Unlock()
	if err := l.stretches(b, len(orgs), func(i int) {
		if !orgs[i].Erased {
			b.Settle(orgs[i])
		}
	}); err != nil {
		return err
	}
	return l.await(ctx, l.last(b))
}

// replaced says that a book is not the one in use any more, or nil.
func (l *Ledger) replaced(b *book.Book) error {
	if l.book == b {
		return nil
	}
	return fmt.Errorf("%w: it was reopened meanwhile", usage.ErrUnavailable)
}

// stretch is how many organizations are gone through while arrivals wait.
const stretch = 64

// stretches goes through n organizations of a book with the lock held, a
// stretch at a time, as long as the book is the one in use.
func (l *Ledger) stretches(b *book.Book, n int, each func(i int)) error {
	for from := 0; from < n; from += stretch {
		l.mu.Lock()
		err := l.unavailable(time.Time{})
		if err == nil {
			err = l.replaced(b)
		}
		for i := from; err == nil && i < min(from+stretch, n); i++ {
			each(i)
		}
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}
