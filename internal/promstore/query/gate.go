// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
)

const (
	// maxForm is the size of a request's form: a few queries.
	maxForm = 1 << 20
	// maxWaiting is how many requests may wait for their turn; with their forms,
	// which are read before, they are few MB.
	maxWaiting = 256
	// maxWaitingEach is how many of them may be one principal's.
	maxWaitingEach = 32
)

// Gate lets as many requests of the API be worked on as limits allow, from
// reading the query to writing the answer, since each holds memory as long.
//
// A principal has a share of the places: half of them, at least one. Its
// requests wait for one of its own first, so that those of others, who then wait
// for the same places, take turns with it however many it has sent.
//
// It has a share of the time as well, so that what is counted has the processors in
// between: after each request the place that it had rests ([pace]), and longer once the
// requests have run for the burst, until they keep to the principal's part of the time.
type Gate struct {
	limits  Limits
	places  chan struct{}
	waiting chan struct{}

	mu     sync.Mutex
	shares map[string]*share // by principal, while it has requests or a debt
}

// pace is the part of the time for which a principal's place is used at most, unless its
// share is more: less than half, so that by the median what is counted meanwhile takes
// hardly longer. A page of dashboards takes two and a half times as long to open.
const pace = 0.4

type share struct {
	places   chan time.Time // until when each rests
	requests int            // that wait or are worked on
	debt     time.Duration  // for which its requests have run beyond its part of the time, at
	at       time.Time
}

// owes is the debt at a time, of which each place works off a part.
func (s *share) owes(now time.Time, part float64) time.Duration {
	return max(0, s.debt-scale(now.Sub(s.at), part*float64(cap(s.places))))
}

func scale(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// NewGate returns a gate with as many places as the limits say.
func NewGate(limits Limits) *Gate {
	return &Gate{limits: limits, places: make(chan struct{}, limits.Concurrency), waiting: make(chan struct{}, maxWaiting), shares: map[string]*share{}}
}

// enter returns the share of a principal; nil: it has too many requests.
func (g *Gate) enter(principal string) *share {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	for name, s := range g.shares {
		if s.requests == 0 && s.owes(now, g.limits.PrincipalShare) == 0 {
			delete(g.shares, name)
		}
	}
	s := g.shares[principal]
	if s == nil {
		s = &share{places: make(chan time.Time, max(1, g.limits.Concurrency/2))}
		for range cap(s.places) {
			s.places <- time.Time{}
		}
		g.shares[principal] = s
	}
	if s.requests >= maxWaitingEach {
		return nil
	}
	s.requests++
	return s
}

func (g *Gate) leave(s *share) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.requests--
}

// take waits for a place, and returns until when that rests.
func (s *share) take(ctx context.Context) (rested time.Time, inTime bool) {
	select {
	case rested = <-s.places:
		return rested, true
	case <-ctx.Done():
		return rested, false
	}
}

// rest waits until a principal's place has rested and its requests have run for no more
// than they may, and reports whether that was in time.
func (g *Gate) rest(ctx context.Context, s *share, rested time.Time) bool {
	part := g.limits.PrincipalShare
	g.mu.Lock()
	now := time.Now()
	beyond := s.owes(now, part) - g.limits.PrincipalBurst
	g.mu.Unlock()
	timer := time.NewTimer(max(0, rested.Sub(now), scale(beyond, 1/(part*float64(cap(s.places))))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// charge counts how long a request has run since began, and returns until when its place
// rests.
func (g *Gate) charge(s *share, began time.Time) (rested time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, part := time.Now(), g.limits.PrincipalShare
	ran := now.Sub(began)
	s.debt, s.at = s.owes(now, part)+ran, now
	return now.Add(scale(ran, 1/max(pace, part)-1))
}

// errPrincipalTimeout ends a principal's query before the others' would.
var errPrincipalTimeout = errors.New("principal_timeout")

// Admit serves next with the time that a query has. principal names who asks
// for a share of the places, "" of all of them.
func (g *Gate) Admit(principal func(context.Context) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		deadline := time.Now().Add(g.limits.Timeout)
		ctx, cancel := context.WithDeadline(r.Context(), deadline)
		defer cancel()
		// A slow client holds its place for the same time again at most. Not every
		// ResponseWriter has deadlines; those of a server do.
		control := http.NewResponseController(w)
		_, _ = control.SetReadDeadline(deadline), control.SetWriteDeadline(deadline.Add(g.limits.Timeout))
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			WriteError(w, http.StatusBadRequest, "bad_data", fmt.Sprintf("the form: %v: write at most %d bytes", err, maxForm))
			return
		}
		var s *share // nil: all of the places
		if name := principal(ctx); name != "" {
			if s = g.enter(name); s == nil {
				g.refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d of your queries wait already", maxWaitingEach))
				return
			}
			defer g.leave(s)
		}
		select {
		case g.waiting <- struct{}{}:
		default:
			g.refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("%d queries wait already", maxWaiting))
			return
		}
		why := fmt.Sprintf("while query::concurrency = %d others ran", g.limits.Concurrency)
		placed := true
		var rested time.Time // of the principal's own place
		if s != nil {
			if rested, placed = s.take(ctx); placed {
				defer func() { s.places <- rested }()
				placed = g.rest(ctx, s, rested)
			}
			if !placed {
				why = fmt.Sprintf("since your queries before it have run for more than query::principal_burst = %s and the part of the time that query::principal_share = %v allows", g.limits.PrincipalBurst, g.limits.PrincipalShare)
			}
		}
		if placed {
			if placed = take(ctx, g.places); placed {
				defer func() { <-g.places }()
			}
		}
		<-g.waiting
		if !placed {
			g.refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("the query waited %s for its turn, as long as query::timeout allows, %s", g.limits.Timeout, why))
			return
		}
		if s != nil {
			running, cancel := context.WithTimeoutCause(ctx, g.limits.PrincipalTimeout, errPrincipalTimeout)
			defer cancel()
			began := time.Now()
			defer func() { rested = g.charge(s, began) }()
			r = r.WithContext(running)
		}
		next.ServeHTTP(&writer{ResponseWriter: w}, r)
	})
}

// writer writes answers, of which some have a hundred MB.
type writer struct {
	http.ResponseWriter
	worker aside.Worker
}

func (w *writer) Write(p []byte) (int, error) {
	w.worker.Aside()
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// take waits for a place, and reports whether there was one in time.
func take(ctx context.Context, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (*Gate) refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Retry-After", "5")
	WriteError(w, status, "timeout", why+": try again later, ask for less, or allow more")
}

// WriteError answers with an error as Prometheus does.
func WriteError(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": kind, "error": text}) // the client went away: nobody to tell
}
