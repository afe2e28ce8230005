// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// Owner finds the shard that has an organization; "": none of those that have
// answered has. An error is a [merge.TwiceError].
func (p *Peers) Owner(ctx context.Context, path, organization string, by access.Claims) (shard string, missing []report.Missing, err error) {
	parts, missing := Gather[struct{}](ctx, p, Question{Method: http.MethodHead, Path: path, By: by})
	switch {
	case len(parts) > 1:
		return "", missing, &merge.TwiceError{Organization: organization, Shards: [2]string{parts[0].Shard, parts[1].Shard}}
	case len(parts) == 0:
		return "", missing, nil
	}
	return parts[0].Shard, missing, nil
}

// What of a request and of its answer goes through, beside what is said of the
// person. Credentials do not: those of this shard are its client's.
var (
	asked    = []string{"Accept", "Content-Type", "If-None-Match"}
	answered = []string{"Content-Type", "Content-Disposition", "Content-Security-Policy", "ETag", "Cache-Control", "Vary", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy"}
)

// Forward sends a request to a shard, with the parameters that are left of it,
// and its answer back. An error is returned before anything of that; an answer
// that breaks off panics with [http.ErrAbortHandler], as it does where it is made.
func (p *Peers) Forward(w http.ResponseWriter, r *http.Request, query url.Values, shard string, by access.Claims) error {
	peer, err := p.named(shard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	late := time.AfterFunc(peer.Within, cancel)
	defer late.Stop()
	request, err := peer.request(ctx, r.Method, r.URL.EscapedPath(), query.Encode(), r.Body, by)
	if err != nil {
		return err
	}
	request.ContentLength = r.ContentLength
	for _, name := range asked {
		request.Header[name] = r.Header[name]
	}
	request.Header.Set(Header, Whole)
	response, err := peer.Client.Do(request)
	if err != nil {
		return fmt.Errorf("shard %s %s", shard, p.reason(peer, err))
	}
	defer func() { _ = response.Body.Close() }() // it was read, or nobody reads it any more
	late.Stop()
	for _, name := range answered {
		if values := response.Header.Values(name); len(values) > 0 {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
	}
	w.WriteHeader(response.StatusCode)
	if _, err := io.Copy(w, response.Body); err != nil {
		p.Logger.Error("answer of a shard broke off", zap.String("shard", shard), zap.String("path", r.URL.Path), zap.Error(err))
		panic(http.ErrAbortHandler)
	}
	return nil
}
