// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"go.uber.org/zap"
)

// logger is Pebble's log.
type logger struct {
	log      *zap.Logger
	once     sync.Once
	happened chan struct{} // closed when the store has failed
	cause    string        // why, once it happened
}

// Infof is of every flush and compaction: not for users.
func (s *logger) Infof(string, ...any) {}

// Errorf reports what the store will try again.
func (s *logger) Errorf(format string, args ...any) {
	s.log.Error("usage ledger: store: " + fmt.Sprintf(strings.TrimSpace(format), args...))
}

// Fatalf is called where Pebble cannot go on. The process can: the goroutine
// ends, and who waits for it stops acknowledging.
func (s *logger) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.giveUp(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// nothingFlushed is what Pebble says of a flush that had nothing to write, in an
// error of its own.
const nothingFlushed = "pebble: empty table"

// flushed is called at the end of each flush. One that failed Pebble would try
// again for good.
func (s *logger) flushed(of pebble.FlushInfo) {
	if of.Err != nil && of.Err.Error() != nothingFlushed {
		s.giveUp(of.Err.Error())
	}
}

func (s *logger) giveUp(cause string) {
	s.once.Do(func() {
		s.cause = cause
		close(s.happened)
	})
}
