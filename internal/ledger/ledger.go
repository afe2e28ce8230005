// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Ledger is the durable book of usage. Its methods may be called
// concurrently; after Close they return errors.
type Ledger struct {
	settings   book.Settings
	lock       *pebble.Lock
	certified  *certificate.Keeper
	extraction usage.Extraction
	space      *space
	wake       chan struct{}
	stop       chan struct{}
	wg         sync.WaitGroup
	opened     time.Time
	folding    sync.Mutex  // held by the one checkpoint that runs, and by what goes through the store's files
	late       atomic.Bool // a checkpoint is not to be waited for any more
	backing    sync.Mutex  // held by the one backup that is made
	billing    sync.Mutex  // held while marks of billing are written
	stepping   sync.Mutex  // held by the one Step that is made

	now  atomic.Int64                              // the latest time that a caller gave, ns
	away atomic.Pointer[map[string]*part.Transfer] // see Away

	// mu guards everything below. Who has it for reading may take items in and
	// commit, each under one of the locks that follow, taken in this order.
	mu       sync.RWMutex
	book     *book.Book
	failure  error // why nothing is acknowledged, or nil
	closed   bool
	latest   usage.Collection
	scrubbed Scrub

	shards []sync.Mutex // of the book's organizations
	line   sync.Mutex   // of the book's line of groups, its time and its clerks
}

// Extraction returns what extract has to know: meters under the ledger's
// numbers, with all versions of their definitions.
func (l *Ledger) Extraction() usage.Extraction { return l.extraction }

// Record counts a batch that arrives at now. When it returns nil, the batch is
// on disk and counted; else nothing may be assumed and it should be sent again.
func (l *Ledger) Record(ctx context.Context, now time.Time, batch *usage.Batch) error {
	r, err := l.reception(now, batch)
	if err != nil {
		return err
	}
	for err == nil && r.clerk.Missing() {
		err = r.open()
	}
	for err == nil && r.clerk.Next() {
		err = r.take()
	}
	var g *group.Group
	if err == nil {
		g, err = r.end()
	}
	if err != nil {
		return err
	}
	return l.await(ctx, g)
}

// await waits until a group is on disk.
func (l *Ledger) await(ctx context.Context, g *group.Group) error {
	if g == nil {
		return nil
	}
	l.wakeCommitter()
	if err := wait(ctx, g.Done); err != nil {
		return err
	}
	return g.Err
}

// wait waits until something is done.
func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", usage.ErrUnavailable, ctx.Err())
	}
}

// reached notes a time that a caller gave.
func (l *Ledger) reached(now int64) {
	for before := l.now.Load(); before < now && !l.now.CompareAndSwap(before, now); {
		before = l.now.Load()
	}
}

// unavailable says why nothing is taken in. The zero time asks for what was
// found last.
func (l *Ledger) unavailable(now time.Time) error {
	if !now.IsZero() {
		l.reached(now.UnixNano())
	}
	if err := l.stopped(); err != nil {
		return err
	}
	return l.space.check(now)
}

// stopped says why nothing is taken in, whatever room there is.
func (l *Ledger) stopped() error {
	if l.closed {
		return fmt.Errorf("%w: it is shutting down", usage.ErrUnavailable)
	}
	return l.failure
}

// working returns the book where it takes in.
func (l *Ledger) working() (b *book.Book, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.book, l.stopped() == nil
}

// Ready says why the ledger does not acknowledge, or nil.
func (l *Ledger) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unavailable(time.Time{})
}

// Collect returns the figures of every organization at the whole minute at or
// before now. An organization that began after that minute is left out. The
// collection is on disk when it is returned: a restart knows what has been
// shown.
func (l *Ledger) Collect(ctx context.Context, now time.Time) (usage.Collection, error) {
	at := period.MinuteOf(now)
	l.mu.Lock()
	err := l.unavailable(now)
	full := errors.Is(err, errNoSpace)
	if err != nil && !full {
		l.mu.Unlock()
		return usage.Collection{}, err
	}
	b := l.book
	if !full { // figures can be shown without room to write down that they were
		b.Tick(at.Ns())
		redo.Collect{At: at}.Append(&b.Pending.Entries)
	}
	orgs := slices.Clone(b.ByID)
	l.mu.Unlock()
	c := usage.Collection{At: at.Time(), Organizations: make([]usage.OrganizationFigures, 0, len(orgs))}
	changes := group.Changes{Rows: b.Rows.NewBatch()}
	for _, o := range orgs {
		if figures, ok := l.collect(b, o, at, &changes); ok {
			c.Organizations = append(c.Organizations, usage.OrganizationFigures{Organization: o.ID, Figures: figures})
		}
	}
	if !full {
		if err := l.await(ctx, l.last(b)); err != nil { // which has statements that were made meanwhile
			return usage.Collection{}, err
		}
	}
	if !c.At.Before(l.opened) { // else it may lack what goes on from after that minute
		l.mu.Lock()
		l.latest = c
		l.mu.Unlock()
	}
	return c, nil
}

// collect returns the figures of one organization. changes are for what has to be
// written of it, and empty.
func (l *Ledger) collect(b *book.Book, o *book.Org, at period.Minute, changes *group.Changes) (figures []usage.Figure, ok bool) {
	l.holding(o, func() {
		if o.Erased {
			return
		}
		if figures, ok = b.Collect(o, at, changes); !changes.Empty() {
			l.line.Lock()
			b.Pending.Take(changes)
			l.line.Unlock()
		}
	})
	return figures, ok
}

// Latest returns the last collection; ok is false before the first of a minute
// that the ledger was open at.
func (l *Ledger) Latest() (c usage.Collection, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest, !l.latest.At.IsZero()
}

// Close ends the ledger: what was taken in is on disk when it returns.
func (l *Ledger) Close(ctx context.Context) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- l.end(ctx) }()
	var late <-chan time.Time // never
	if l.settings.EndWithin > 0 {
		timer := time.NewTimer(l.settings.EndWithin)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-ended:
		return err
	case <-late:
		return fmt.Errorf("the disk of %s did not let go within %s; what was acknowledged is on it, and the next start reads more of the log", l.settings.Directory, l.settings.EndWithin)
	}
}

// end writes a last checkpoint and closes the files.
func (l *Ledger) end(ctx context.Context) error {
	l.mu.Lock()
	b, failed := l.book, l.failure != nil
	l.mu.Unlock()
	var err error
	if !failed && ctx.Err() == nil {
		late := time.AfterFunc(closePatience, func() { l.late.Store(true) })
		err = l.checkpoint(b) // the next start has nothing to read again
		if late.Stop(); errors.Is(err, errLate) {
			err = nil // it reads the log
		}
	}
	close(l.stop)
	l.wg.Wait()
	l.mu.Lock()
	b = l.book
	l.mu.Unlock()
	if b != nil && !b.Failed {
		l.folding.Lock() // nothing that goes through its files is under way
		err = errors.Join(err, b.Close())
		l.folding.Unlock()
	}
	return errors.Join(err, l.lock.Close())
}

// foldLoop folds the log into rows when there are many, or now and then.
func (l *Ledger) foldLoop() {
	defer l.wg.Done()
	often, rarely := time.NewTicker(time.Second), time.NewTicker(book.FoldEvery)
	defer often.Stop()
	defer rarely.Stop()
	for {
		due := false
		select {
		case <-l.stop:
			return
		case <-often.C:
		case <-rarely.C:
			due = true
		}
		b, ok := l.working()
		l.onLine(func() { due = due || b.Unfolded > l.settings.FoldBytes })
		if !ok || !due {
			continue
		}
		if err := l.checkpoint(b); noRoom(err) { // another error is the ledger's failure
			l.settings.Logger.Warn("usage ledger: no checkpoint; it is tried again in a minute", zap.Error(err))
			if l.rest(time.Minute) != nil {
				return
			}
		}
	}
}
