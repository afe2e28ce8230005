// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
)

// longestWait bounds how long senders are refused after the cause is gone.
const longestWait = 5 * time.Second

// revive opens the directory anew after a failed write, as often as it takes.
func (l *Ledger) revive(failed *book.Book) {
	defer l.wg.Done()
	closing := make(chan struct{})
	go func() {
		defer close(closing)
		defer func() { _ = recover() }() // a store that gave up may not close cleanly
		l.folding.Lock()                 // nothing that goes through its files is under way
		defer l.folding.Unlock()
		_ = failed.Close()
	}()
	for wait := time.Second; ; wait = min(2*wait, longestWait) {
		timer := time.NewTimer(wait)
		select {
		case <-l.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		select {
		case <-closing:
		default:
			l.settings.Logger.Error("usage ledger: the store does not close after a failed write; restart the process")
			continue
		}
		l.folding.Lock() // no checkpoint of the failed book is under way
		b, err := book.Open(&l.settings, l.lock, l.certified, l.time())
		l.folding.Unlock()
		if err != nil {
			l.settings.Logger.Error("usage ledger: not back yet", zap.Error(err))
			continue
		}
		l.mu.Lock()
		l.book, l.failure = b, nil
		l.wg.Add(1)
		l.mu.Unlock()
		go l.commitLoop(b)
		l.settings.Logger.Info("usage ledger: read anew after a failed write; taking in again")
		return
	}
}
