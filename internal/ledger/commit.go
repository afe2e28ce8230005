// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/group"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// commitLoop is the one writer: it takes what has gathered, puts it on disk as
// one synced record of the log, applies its rows, and wakes those who wait for it. It ends with the ledger,
// or with the first write that fails: nothing is acknowledged after that, and
// no sync is tried again on the same file; revive then opens the directory
// anew.
func (l *Ledger) commitLoop(b *book.Book) {
	defer l.wg.Done()
	for stop := false; !stop; {
		select {
		case <-l.wake:
		case <-b.Dead:
			stop = true
		case <-l.stop:
			stop = true
		}
		var g *group.Group
		if l.onLine(func() { g = b.Seal() }); g != nil {
			if err := b.Commit(g); err != nil {
				l.fail(b, err)
				return
			}
			l.onLine(func() { b.Finish(g) })
		}
	}
}

// onLine calls f with the lock of the line.
func (l *Ledger) onLine(f func()) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	l.line.Lock()
	defer l.line.Unlock()
	f()
}

// last returns the group that holds a book's last change.
func (l *Ledger) last(b *book.Book) (g *group.Group) {
	l.onLine(func() { g = b.Last() })
	return g
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
func (l *Ledger) fail(b *book.Book, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failure := fmt.Errorf("%w: %s: %w", usage.ErrUnavailable, l.settings.Directory, err)
	if !b.Fail(failure) {
		return
	}
	l.failure = failure
	var damage *store.Damage
	if errors.As(err, &damage) {
		l.scrubbed.Damaged = append(l.scrubbed.Damaged, damage.Path)
	}
	l.settings.Logger.Error("usage ledger: nothing is acknowledged until the directory has been read anew", zap.Error(err))
	l.wg.Add(1)
	go l.revive(b, damage)
}
