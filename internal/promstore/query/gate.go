// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// maxForm is the size of a request's form: a few queries.
	maxForm = 1 << 20
	// maxWaiting is how many requests may wait for their turn; with their forms,
	// which are read before, they are few MB.
	maxWaiting = 256
)

// Gate lets as many requests of the API be worked on as limits allow, from
// reading the query to writing the answer, since each holds memory as long.
type Gate struct {
	limits  Limits
	places  chan struct{}
	waiting chan struct{}
}

// NewGate returns a gate with as many places as the limits say.
func NewGate(limits Limits) *Gate {
	return &Gate{limits, make(chan struct{}, limits.Concurrency), make(chan struct{}, maxWaiting)}
}

// Admit serves next with the time that a query has.
func (g *Gate) Admit(next http.Handler) http.Handler {
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
		select {
		case g.waiting <- struct{}{}:
		default:
			g.refuse(w, fmt.Sprintf("%d queries wait already", maxWaiting))
			return
		}
		select {
		case g.places <- struct{}{}:
			<-g.waiting
			defer func() { <-g.places }()
			next.ServeHTTP(w, r)
		case <-ctx.Done():
			<-g.waiting
			g.refuse(w, fmt.Sprintf("the query waited %s for its turn, as long as query::timeout allows, while query::concurrency = %d others ran", g.limits.Timeout, g.limits.Concurrency))
		}
	})
}

func (g *Gate) refuse(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "5")
	WriteError(w, http.StatusServiceUnavailable, "timeout", why+": try again later, ask for less, or allow more")
}

// WriteError answers with an error as Prometheus does.
func WriteError(w http.ResponseWriter, status int, kind, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": kind, "error": text}) // the client went away: nobody to tell
}
