// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// queryLookback is how old the sample of a series may be at an instant.
const queryLookback = 5 * time.Minute

// boundedEngine is Prometheus' engine for queries that keep within the limits.
type boundedEngine struct {
	*promql.Engine
	limits QueryLimits
	parser parser.Parser
}

var _ promql.QueryEngine = boundedEngine{}

// newEngine returns an engine that knows PromQL without its experimental
// functions, which may change their meaning between releases.
func newEngine(limits QueryLimits, logger *slog.Logger) boundedEngine {
	p := newParser(limits)
	return boundedEngine{promql.NewEngine(promql.EngineOpts{
		Logger:                   logger,
		MaxSamples:               limits.Samples,
		Timeout:                  limits.Timeout,
		LookbackDelta:            queryLookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return ruleInterval.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   p,
	}), limits, p}
}

func (e boundedEngine) NewInstantQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, at time.Time) (promql.Query, error) {
	shape, err := shapeOf(e.parser, e.limits, qs, at, at, 0)
	if err != nil {
		return nil, err
	}
	return e.bound(e.Engine.NewInstantQuery(ctx, metered{unbounded(q), shape}, opts, qs, at))
}

func (e boundedEngine) NewRangeQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, start, end time.Time, step time.Duration) (promql.Query, error) {
	shape, err := shapeOf(e.parser, e.limits, qs, start, end, step)
	if err != nil {
		return nil, err
	}
	return e.bound(e.Engine.NewRangeQuery(ctx, metered{unbounded(q), shape}, opts, qs, start, end, step))
}

// unbounded returns what q reads from: the query's own bounds take the place of
// those that q has.
func unbounded(q storage.Queryable) storage.Queryable {
	if b, ok := q.(boundedReader); ok {
		return b.reader
	}
	return q
}

func (e boundedEngine) bound(q promql.Query, err error) (promql.Query, error) {
	if err != nil {
		return nil, err
	}
	return boundedQuery{q, e.limits}, nil
}

// boundedQuery says which limit ended it.
type boundedQuery struct {
	promql.Query
	limits QueryLimits
}

func (q boundedQuery) Exec(ctx context.Context) *promql.Result {
	result := q.Query.Exec(ctx)
	var (
		samples promql.ErrTooManySamples
		timeout promql.ErrQueryTimeout
	)
	switch {
	case errors.As(result.Err, &samples):
		result.Err = fmt.Errorf("%w: more than the %d at once that query::max_samples allows: select fewer series, a shorter range or a longer step", result.Err, q.limits.Samples)
	case errors.As(result.Err, &timeout):
		result.Err = fmt.Errorf("%w: longer than the %s that query::timeout allows: select fewer series, a shorter range or a longer step", result.Err, q.limits.Timeout)
	}
	return result
}

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
