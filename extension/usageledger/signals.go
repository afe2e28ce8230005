// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const (
	// startWithin is how long a start may go on after the process was told to end,
	// so that it can end in order.
	startWithin = 5 * time.Second
	// repeatEvery is when the signal is given to the Collector again.
	repeatEvery = 50 * time.Millisecond
)

// early minds the signals that end the process until the Collector does, which listens
// from when all components run: a signal before would kill it. A start that is as good
// as done goes on, and ends in order. One that takes longer, as one that reads a large
// log does, is left as it is, with exit code 0: all that was acknowledged is on disk,
// and the next start reads the same again.
type early struct {
	signals      chan os.Signal
	ready, ended chan struct{}
	end          func() // may be called again
}

func newEarly() *early {
	s := &early{signals: make(chan os.Signal, 1), ready: make(chan struct{}), ended: make(chan struct{})}
	s.end = sync.OnceFunc(func() { close(s.ended) })
	return s
}

// mind listens until the Collector has begun to end.
func (s *early) mind(logger *zap.Logger, exit func(code int)) {
	defer signal.Stop(s.signals)
	select {
	case <-s.ended:
		return
	case <-s.signals:
	}
	select {
	case <-s.ended:
		return
	case <-s.ready:
	case <-time.After(startWithin):
		logger.Info("usage ledger: the process was told to end before it had started, and ends; the next start reads the log")
		exit(0)
		return
	}
	again := time.NewTicker(repeatEvery)
	defer again.Stop()
	for { // the Collector listens in a moment, where it did not already
		select {
		case <-s.ended:
			return
		case <-again.C:
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Signal(syscall.SIGTERM)
		}
		if err != nil {
			logger.Error("usage ledger: the process cannot tell itself to end", zap.Error(err))
			return
		}
	}
}
