// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"
)

// longestWait bounds how long senders are refused after the cause is gone.
const longestWait = 5 * time.Second

// revive opens the directory anew after a failed write, as often as it takes.
func (l *Ledger) revive(failed *book) {
	defer l.wg.Done()
	closing := make(chan struct{})
	go func() {
		defer close(closing)
		defer func() { _ = recover() }() // a store that gave up may not close cleanly
		l.folding.Lock()                 // nothing that goes through its files is under way
		defer l.folding.Unlock()
		_ = failed.close()
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
		b, err := l.openBook(l.time())
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

// storeLogger is Pebble's log.
type storeLogger struct {
	log      *zap.Logger
	once     sync.Once
	happened chan struct{} // closed when the store has failed
	cause    string        // why, once it happened
}

// Infof is of every flush and compaction: not for users.
func (s *storeLogger) Infof(string, ...any) {}

// Errorf reports what the store will try again.
func (s *storeLogger) Errorf(format string, args ...any) {
	s.log.Error("usage ledger: store: " + fmt.Sprintf(strings.TrimSpace(format), args...))
}

// Fatalf is called where Pebble cannot go on. The process can: the goroutine
// ends, and who waits for it stops acknowledging.
func (s *storeLogger) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.giveUp(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// nothingFlushed is what Pebble says of a flush that had nothing to write, in an
// error of its own.
const nothingFlushed = "pebble: empty table"

// flushed is called at the end of each flush. One that failed Pebble would try
// again for good.
func (s *storeLogger) flushed(of pebble.FlushInfo) {
	if of.Err != nil && of.Err.Error() != nothingFlushed {
		s.giveUp(of.Err.Error())
	}
}

func (s *storeLogger) giveUp(cause string) {
	s.once.Do(func() {
		s.cause = cause
		close(s.happened)
	})
}
