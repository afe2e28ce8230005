// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

const (
	workers = 4
	// perBatch is how many items of each organization are in a batch.
	perBatch = 10
)

// Each organization is counted in one way.
const (
	school = "learnwell" // active users
	yard   = "nordhafen" // users in the hour
	office = "acme"      // consumption, counted once for each uid
)

var organizations = []string{school, yard, office}

// load sends batches of usage, each twice at the same time and both until they
// are acknowledged, to whichever collector runs.
type load struct {
	at   time.Time // of all events: in the hour before this one
	stop context.CancelFunc
	wg   sync.WaitGroup

	target   atomic.Pointer[collector.Collector]
	batches  atomic.Uint64 // that were begun; in the end all are finished
	attempts atomic.Uint64 // requests that were begun
	acks     atomic.Uint64 // requests that were acknowledged
	safe     atomic.Uint64 // batches that were acknowledged at least once
	dark     atomic.Bool   // the power is cut: what is acknowledged now may not be on disk
	strange  atomic.Int64  // a status that is neither a success nor a reason to send again
}

func startLoad(t *testing.T, c *collector.Collector) *load {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &load{at: time.Now().Truncate(time.Hour).Add(-30 * time.Minute), stop: stop}
	l.target.Store(c)
	for range workers {
		l.wg.Go(func() {
			for ctx.Err() == nil {
				l.deliver(t.Context())
			}
		})
	}
	t.Cleanup(l.finish)
	return l
}

// finish ends the load once what was begun is acknowledged.
func (l *load) finish() {
	l.stop()
	l.wg.Wait()
}

func (l *load) deliver(ctx context.Context) {
	n := l.batches.Add(1) - 1
	body, err := collector.Logs(l.batch(n)...)
	if err != nil {
		panic(err) // plain attributes can be encoded
	}
	var twice sync.WaitGroup
	var once sync.Once
	for range 2 {
		twice.Go(func() {
			if l.until(ctx, body) {
				once.Do(func() { l.safe.Add(1) })
			}
		})
	}
	twice.Wait()
}

// until sends a batch until it is acknowledged, or the test is over.
func (l *load) until(ctx context.Context, body []byte) bool {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for ctx.Err() == nil {
		l.attempts.Add(1)
		status, err := l.target.Load().Post(ctx, "/v1/logs", "application/x-protobuf", body)
		switch {
		case err != nil || status == http.StatusServiceUnavailable: // send again
		case status == http.StatusOK && l.dark.Load(): // a shut-down file system lets syncs succeed
		case status == http.StatusOK:
			l.acks.Add(1)
			return true
		default:
			l.strange.Store(int64(status))
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return false
}

// batch is the n-th batch: the same however often it is made.
func (l *load) batch(n uint64) []collector.Event {
	events := make([]collector.Event, 0, len(organizations)*perBatch)
	for i := range uint64(perBatch) {
		events = append(events,
			collector.Event{
				Organization: school, User: learner(n, i), Action: "course.accessed", Time: l.at,
				Attributes: map[string]any{"user.status": "active"},
			},
			collector.Event{Organization: yard, User: operator(n, i), Action: "task.finished", Time: l.at},
			collector.Event{
				Organization: office, Action: "transcription.finished", Time: l.at, UID: fmt.Sprintf("%d/%d", n, i),
				Attributes: map[string]any{"transcription.minutes": minutes(n, i), "transcription.language": "de"},
			})
	}
	return events
}

func learner(n, i uint64) string { return fmt.Sprintf("learner-%d", (n*perBatch+i)%20000) }

func operator(n, i uint64) string { return fmt.Sprintf("operator-%d", (n*perBatch+i)%300) }

func minutes(n, i uint64) float64 { return 0.25 + float64((n+i)%40)/8 }

// busy waits until so many more requests are acknowledged.
func (l *load) busy(t *testing.T, requests uint64) {
	t.Helper()
	goal := l.acks.Load() + requests
	l.target.Load().Eventually(t, func() error {
		if acks := l.acks.Load(); acks < goal {
			return fmt.Errorf("%d requests are acknowledged, not %d", acks, goal)
		}
		return nil
	})
}
