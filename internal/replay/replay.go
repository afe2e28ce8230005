// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package replay runs recorded OTLP through the engine on a clock of its own.
//
//	files --Read--> Recording: when did each request arrive
//	files --lines--> requests --Extractor--> items --Ledger.Record--> ...
//	                                  at every step  --Ledger.Collect--> Store
//
// The clock of a replay is when the requests arrived, so the figures are those
// that would have been lived through, and what was refused then is refused now:
// items far ahead of their arrival are future, those long before it are late.
// When that was is judged by the times in the recording, in which some clocks
// may have been wrong; [Read] reads it once for that.
//
// Figures are collected at every step of history: fifteen minutes apart, and
// one minute apart in the last day before the end (see [Settings]). A request
// that spans several steps is counted as a whole at its end: nobody knows when
// in between it had arrived.
//
// A replay that is repeated changes no figure. Sets and lifecycle are
// idempotent, sums know the ids of the last 35 days, and what is older than
// that is late, because a ledger's clock never goes back. For the same reason
// steps that the ledger has already passed are not collected again.
package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Extractor reads items out of requests.
type Extractor interface {
	Logs(request plog.Logs, bound string, batch *usage.Batch)
	Traces(request ptrace.Traces, bound string, batch *usage.Batch)
	Metrics(request pmetric.Metrics, bound string, batch *usage.Batch)
}

// Ledger counts items on the clock that it is given.
type Ledger interface {
	Record(ctx context.Context, now time.Time, batch *usage.Batch) error
	// Collect returns the figures at the whole minute at or before now. It
	// leaves out organizations that have already passed that minute.
	Collect(ctx context.Context, now time.Time) (usage.Collection, error)
}

// Store keeps figures.
type Store interface {
	Write(collection usage.Collection) error
}

// Settings of a replay.
type Settings struct {
	Recording *Recording
	Extractor Extractor
	Ledger    Ledger
	Store     Store

	// Step is how far collections are apart, a whole number of minutes.
	Step time.Duration
	// Fine is how far they are apart from FineFrom on, a whole number of
	// minutes.
	Fine     time.Duration
	FineFrom time.Time
	// Until is where the replay ends: the last collection is at this minute.
	Until time.Time
	// Future is how far ahead of its arrival the ledger takes an item.
	Future time.Duration

	// Outcomes returns how many items of each organization the ledger has had
	// so far.
	Outcomes func() map[string]Outcomes
	// Progress is called after every request; it may be nil.
	Progress func(Progress)
}

// Progress is how far a replay is.
type Progress struct {
	Share float64   // of the work that is done, 0 to 1
	Items int       // read so far
	Clock time.Time // of the replay; zero while the recording is only read
}

// Run replays the requests of a recording in their order. An error ends the
// replay, and the report then says how far it came.
func Run(ctx context.Context, s Settings) (*Report, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	p := player{Settings: s, report: &Report{}, before: s.Outcomes(), figures: make(chan usage.Collection, queued)}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(p.figures)
		return p.run(playing)
	})
	group.Go(p.store) // what was collected is stored even if ctx ends
	err := group.Wait()
	p.report.count(p.before, s.Outcomes())
	return p.report, err
}

// Interval returns the longest interval that steps are whole multiples of,
// counted from midnight UTC.
func (s *Settings) Interval() time.Duration {
	a, b := s.Step, s.Fine
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

func (s *Settings) validate() error {
	var errs []error
	for _, step := range []struct {
		name  string
		value time.Duration
	}{{"step", s.Step}, {"fine step", s.Fine}} {
		if step.value < time.Minute || step.value%time.Minute != 0 {
			errs = append(errs, fmt.Errorf("%s %s: figures are of whole minutes; use one minute or a multiple of it", step.name, step.value))
		}
	}
	if s.Recording.Requests() == 0 {
		errs = append(errs, errors.New("no requests to replay"))
	}
	return errors.Join(errs...)
}
