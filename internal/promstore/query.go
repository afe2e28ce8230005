// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// Limits of a query. One that needs more gets an error that says so.
const (
	queryTimeout = 10 * time.Second
	// queryMaxSamples bounds one query to about 80 MB.
	queryMaxSamples = 5_000_000
	// queryConcurrency bounds all of them; the rest wait for their turn within
	// their timeout.
	queryConcurrency = 8
	// queryLookback is how old the sample of a series may be at an instant.
	queryLookback = 5 * time.Minute
)

// newEngine returns an engine that knows PromQL without its experimental
// functions, which may change their meaning between releases.
func newEngine(logger *slog.Logger) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger:               logger,
		MaxSamples:           queryMaxSamples,
		Timeout:              queryTimeout,
		LookbackDelta:        queryLookback,
		ActiveQueryTracker:   make(queryGate, queryConcurrency),
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               newParser(),
	})
}

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// queryGate lets as many queries run as it has places. Prometheus' own tracker
// also writes the queries to a file in the directory, which nobody would read.
type queryGate chan struct{}

var _ promql.QueryTracker = queryGate(nil)

func (g queryGate) GetMaxConcurrent() int { return cap(g) }

func (g queryGate) Insert(ctx context.Context, _ string) (int, error) {
	select {
	case g <- struct{}{}:
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (g queryGate) Delete(int) { <-g }

func (g queryGate) Close() error { return nil }

// reader gives queries the TSDB of the session at hand and keeps that session
// open until they are done.
type reader struct{ store *Store }

var _ storage.SampleAndChunkQueryable = reader{}

// Querier returns tsdb.ErrNotReady while the store is closed.
func (r reader) Querier(mint, maxt int64) (storage.Querier, error) {
	session, err := r.store.acquire()
	if err != nil {
		return nil, err
	}
	q, err := session.db.Querier(mint, maxt)
	if err != nil {
		session.release()
		return nil, err
	}
	return &querier{Querier: q, release: sync.OnceFunc(session.release)}, nil
}

func (r reader) ChunkQuerier(mint, maxt int64) (storage.ChunkQuerier, error) {
	session, err := r.store.acquire()
	if err != nil {
		return nil, err
	}
	q, err := session.db.ChunkQuerier(mint, maxt)
	if err != nil {
		session.release()
		return nil, err
	}
	return &chunkQuerier{ChunkQuerier: q, release: sync.OnceFunc(session.release)}, nil
}

type querier struct {
	storage.Querier
	release func()
}

func (q *querier) Close() error {
	defer q.release()
	return q.Querier.Close()
}

type chunkQuerier struct {
	storage.ChunkQuerier
	release func()
}

func (q *chunkQuerier) Close() error {
	defer q.release()
	return q.ChunkQuerier.Close()
}
