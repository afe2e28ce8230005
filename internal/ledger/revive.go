// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
)

// longestWait bounds how long senders are refused after the cause is gone.
const longestWait = 5 * time.Second

// revive opens the directory anew after a failed write, as often as it takes. What
// was found damaged has to be whole before.
func (l *Ledger) revive(failed *book.Book, found *store.Damage) {
	defer l.wg.Done()
	if found != nil {
		if err := trust.Distrust(l.settings.Directory, l.certified, found); err != nil {
			l.settings.Logger.Error("usage ledger: a restart may not know of the damage", zap.Error(err))
		}
	}
	closing := make(chan struct{})
	l.wg.Go(func() {
		defer close(closing)
		l.folding.Lock() // nothing that goes through its files is under way
		defer l.folding.Unlock()
		_ = failed.Close() // it has failed already
	})
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
		b, err := book.Open(&l.settings, l.lock, l.certified, l.now.Load())
		l.folding.Unlock()
		if err != nil {
			l.settings.Logger.Error("usage ledger: not back yet", zap.Error(err))
			continue
		}
		l.mu.Lock()
		l.book, l.failure, l.scrubbed.Damaged = b, nil, nil
		l.tellAway()
		l.wg.Add(1)
		l.mu.Unlock()
		go l.commitLoop(b)
		l.settings.Logger.Info("usage ledger: read anew; taking in again")
		return
	}
}
