// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// commitLoop is the one writer: it takes what has gathered, puts it on disk as
// one synced record of the log, applies its rows, and wakes those who wait for it. It ends with the ledger,
// or with the first write that fails: nothing is acknowledged after that, and
// no sync is tried again on the same file; revive then opens the directory
// anew.
func (l *Ledger) commitLoop(b *book) {
	defer l.wg.Done()
	for stop := false; !stop; {
		select {
		case <-l.wake:
		case <-b.dead:
			stop = true
		case <-l.stop:
			stop = true
		}
		if g := l.seal(b); g != nil {
			if err := b.commit(g); err != nil {
				l.fail(b, err)
				return
			}
			l.finish(b, g)
		}
	}
}

// finish tells those who wait for a group that it is on disk.
func (l *Ledger) finish(b *book, g *group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g.finish(nil)
	b.leave(g)
}

// seal takes the gathered group, nil where there is nothing to commit.
func (l *Ledger) seal(b *book) *group {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.failed || b.pending.empty() {
		return nil
	}
	g := b.pending
	b.committing, b.pending = g, b.newGroup(g.number+1)
	b.unfolded += unfolded(g.rows.Len(), len(g.entries.Bytes))
	return g
}

// commit appends a group to the log, which syncs it, and then applies its rows:
// what can be read is on disk.
func (b *book) commit(g *group) error {
	b.written = g.record(b.written[:0])
	number, err := b.log.Append(b.written)
	if err == nil && number != g.number {
		err = fmt.Errorf("group %d is record %d of the log", g.number, number)
	}
	if err != nil || g.rows.Empty() {
		return err
	}
	applied(g.rows, g.number)
	return b.write(g.rows)
}

// commitNow commits what has gathered, before there is a commitLoop.
func (b *book) commitNow() error {
	if b.pending.empty() {
		return nil
	}
	g := b.pending
	b.pending = b.newGroup(g.number+1)
	return b.commit(g)
}

// write applies a batch. One is under way at a time: Pebble reports some failed
// writes by its logger's Fatalf, which ends the goroutine of that write without
// a return, and no later one would come to an end. The batch is in memory only
// until a flush: it is of the log, or can be made again.
func (b *book) write(batch *pebble.Batch) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil { // the store was given up and closed before this began
				done <- fmt.Errorf("write to the store: %v", cause)
			}
		}()
		done <- batch.Commit(pebble.NoSync)
	}()
	select {
	case err := <-done:
		return err
	case <-b.fatal.happened:
		return errors.New(b.fatal.cause)
	}
}

// flush applies a batch, and puts all that was written to the store into tables,
// on disk.
func (b *book) flush(batch *pebble.Batch) error {
	if err := b.write(batch); err != nil {
		return err
	}
	flushed, err := b.db.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-flushed:
		return nil
	case <-b.fatal.happened:
		return errors.New(b.fatal.cause)
	}
}

// wakeCommitter asks for a commit; the caller need not hold anything.
func (l *Ledger) wakeCommitter() {
	select {
	case l.wake <- struct{}{}:
	default: // asked already
	}
}

// fail stops acknowledging: who waits is told to send again, and so is
// everyone who comes until the directory has been opened anew.
func (l *Ledger) fail(b *book, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.failed {
		return
	}
	l.settings.Logger.Error("usage ledger: a write failed; nothing is acknowledged until the directory has been read anew", zap.Error(err))
	b.failed = true
	l.failure = fmt.Errorf("%w: write to %s: %w", usage.ErrUnavailable, l.settings.Directory, err)
	for _, g := range []*group{b.committing, b.pending} {
		if g != nil {
			g.finish(l.failure)
		}
	}
	close(b.dead)
	l.wg.Add(1)
	go l.revive(b)
}

// finish is called with the ledger's lock held: a checkpoint that fails may end
// a group while its commit is still under way.
func (g *group) finish(err error) {
	select {
	case <-g.done:
	default:
		g.err = err
		close(g.done)
	}
}
