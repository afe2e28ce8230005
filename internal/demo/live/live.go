// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package live goes on with the story of a demo at the present time: the same
// organizations and people, sent by the real OpenTelemetry SDK over OTLP/gRPC.
//
// It begins where the recorded history ended (or where it is told to) and
// first sends at once what has happened since. That may be repeated: log
// records carry their uid, and spans have the ids that the plan gives them, so
// a collector that has seen them counts them once. Only the SDK's metrics
// always bear the present time; API calls of a longer pause are left out.
package live

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-usage/otelcol-usage/internal/demo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Settings of live traffic.
type Settings struct {
	// Endpoint is host:port of an OTLP/gRPC receiver without TLS.
	Endpoint string
	// From and Until bound what is sent by its time of arrival.
	From, Until time.Time
	// Progress is called after every burst that was acknowledged; it may be
	// nil.
	Progress func(Progress)
}

// Progress is what has been sent.
type Progress struct {
	Events int
	// At is the story's time of the last one.
	At time.Time
}

// burst is how many events are sent before waiting for the collector to take
// them: the SDK's queue holds 2048 and drops what does not fit.
const burst = 1000

// pause is how far in the past API calls are still sent.
const pause = 20 * time.Minute

// Run sends what arrives in [From, Until), each event when its time comes. It
// returns without an error when Until is reached or ctx ends.
func Run(ctx context.Context, plan demo.Plan, s Settings) (err error) {
	connection, err := grpc.NewClient(s.Endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("endpoint %q: %w; use host:port", s.Endpoint, err)
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	senders := senders{connection: connection, byOrganization: map[string]*sender{}}
	defer func() { err = errors.Join(err, senders.shutdown(ctx)) }()

	sent := Progress{}
	for due := range bursts(ctx, plan.Events(s.From, s.Until), s.Until) {
		for _, e := range due {
			if e.Signal == usage.Metrics && time.Since(e.At) > pause {
				continue
			}
			if err := senders.send(ctx, e); err != nil {
				return err
			}
			sent.Events++
			sent.At = e.At
		}
		if err := senders.flush(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("send to %s: %w", s.Endpoint, err)
		}
		if s.Progress != nil {
			s.Progress(sent)
		}
	}
	return nil
}

// bursts yields events when their time has come: those of the past in large
// pieces, then each as it arrives. It ends when until has come or ctx ends.
func bursts(ctx context.Context, events iter.Seq[demo.Event], until time.Time) iter.Seq[[]demo.Event] {
	return func(yield func([]demo.Event) bool) {
		var due []demo.Event
		for e := range events {
			if ahead := time.Until(e.Arrives); ahead > 0 || len(due) >= burst {
				if len(due) > 0 && !yield(due) {
					return
				}
				due = nil
				if !sleep(ctx, ahead) {
					return
				}
			}
			due = append(due, e)
		}
		if len(due) > 0 && !yield(due) {
			return
		}
		sleep(ctx, time.Until(until))
	}
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
