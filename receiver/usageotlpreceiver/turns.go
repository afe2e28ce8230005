// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"io"
	"net/http"
	"runtime"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

// turns are how many large requests are inflated and gone through at a time: all
// processors but one. The runtime asks the network what has arrived where a processor
// has nothing else to do, and every 10 ms else: with all of them busy a small request,
// which waits several times on its way, would wait so long each time.
type turns chan struct{}

func newTurns() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)-1)) }

// take waits for a turn, where so many bytes need one, and returns how to give it
// back. Nothing that waits for anybody else may be done in between.
func (t turns) take(bytes int) (done func()) {
	if bytes < firstLook {
		return func() {}
	}
	t <- struct{}{}
	return func() { <-t }
}

// asideOf returns the limits of a body. What needs a turn steps aside on its way.
func (r *otlpReceiver) asideOf(body []byte) otlp.Limits {
	limits := r.limits
	if len(body) >= firstLook {
		limits.Aside = new(aside.Worker).Aside
	}
	return limits
}

// turn is that of a request whose body is inflated while it arrives. It is given back
// for as long as the sender is waited for. nil is of a body that is not inflated.
type turn struct {
	of  turns
	has bool
}

type turnKey struct{}

func turnOf(ctx context.Context) *turn {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t
}

// next takes a turn; who had one already takes it after all those who wait.
func (t *turn) next() {
	if t == nil {
		return
	}
	t.giveBack()
	t.of <- struct{}{}
	t.has = true
}

func (t *turn) giveBack() {
	if t != nil && t.has {
		<-t.of
		t.has = false
	}
}

// arriving is a body as it comes from the network.
type arriving struct {
	io.ReadCloser
	turn *turn
}

func (a arriving) Read(p []byte) (int, error) {
	if a.turn.has {
		a.turn.giveBack()
		defer a.turn.next()
	}
	return a.ReadCloser.Read(p)
}

// inTurn has the bodies that next inflates know of turns. It is outside of what
// inflates them.
func (t turns) inTurn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Content-Encoding") != "" {
			mine := &turn{of: t}
			req = req.WithContext(context.WithValue(req.Context(), turnKey{}, mine))
			req.Body = arriving{req.Body, mine}
		}
		next.ServeHTTP(w, req)
	})
}
