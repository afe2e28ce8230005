// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// turn is how long a batch has its locks before others have their turn: some hundred
// ordinary items, or a few of those that cost the most.
const turn = 2 * time.Millisecond

// reception takes one batch in. It has no lock for longer than a stretch of the
// batch takes: requests for other organizations go on beside it, and what needs the
// whole book has its turn between two stretches.
type reception struct {
	ledger *Ledger
	book   *book.Book
	clerk  *book.Clerk
	now    int64
}

// reception begins to take a batch in that arrives at now.
func (l *Ledger) reception(now time.Time, batch *usage.Batch) (*reception, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if err := l.unavailable(now); err != nil {
		return nil, err
	}
	r := &reception{ledger: l, book: l.book, now: now.UnixNano()}
	l.line.Lock()
	r.clerk = r.book.Clerk()
	l.line.Unlock()
	r.clerk.Begin(batch)
	return r, nil
}

// open makes organizations that the batch brings with it.
func (r *reception) open() error {
	l := r.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := r.stopped(); err != nil {
		return err
	}
	if err := r.clerk.Barred(); err != nil {
		return err
	}
	r.book.Tick(r.now)
	r.clerk.Open()
	return nil
}

// errBroken is of a stretch that ended with a panic.
var errBroken = errors.New("a batch could not be taken in")

// take takes a stretch in. Where it fails or panics, what is in memory is not in the
// log, and the directory is read anew.
func (r *reception) take() error {
	broken := errBroken
	defer func() {
		if broken != nil {
			r.ledger.fail(r.book, broken)
		}
	}()
	err := r.takeLocked()
	if broken = nil; err != nil && !errors.Is(err, usage.ErrUnavailable) {
		broken, err = err, fmt.Errorf("%w: %w", usage.ErrUnavailable, err)
	}
	return err
}

func (r *reception) takeLocked() error {
	l := r.ledger
	l.mu.RLock()
	defer l.mu.RUnlock()
	if err := r.stopped(); err != nil {
		return err
	}
	shard := &l.shards[r.clerk.Shard()]
	shard.Lock()
	defer shard.Unlock()
	begun := time.Now()
	if err := r.clerk.Take(r.tick(), func() bool { return time.Since(begun) > turn }); err != nil {
		return err
	}
	l.line.Lock()
	defer l.line.Unlock()
	r.book.Gather(r.clerk)
	return nil
}

// tick returns the arrival of a stretch.
func (r *reception) tick() int64 {
	r.ledger.line.Lock()
	defer r.ledger.line.Unlock()
	return r.book.Reach(r.now)
}

// end returns the group to wait for: it holds the last changes.
func (r *reception) end() (g *group.Group, err error) {
	r.ledger.onLine(func() {
		if err = r.stopped(); err == nil {
			r.book.Dismiss(r.clerk)
			g = r.book.Last()
		}
	})
	return g, err
}

// stopped says why the book that was there at the beginning takes nothing more, or
// nil.
func (r *reception) stopped() error {
	if err := r.ledger.stopped(); err != nil {
		return err
	}
	return r.ledger.replaced(r.book)
}
