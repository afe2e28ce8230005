// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

const (
	// Lookback is how old the sample of a series may be at an instant.
	Lookback = 5 * time.Minute
	// subqueryStep is that of subqueries that name none: one collection.
	subqueryStep = time.Minute
)

// Engine is Prometheus' engine for queries that keep within the limits.
type Engine struct {
	*promql.Engine
	// Parser parses what the limits allow.
	Parser parser.Parser
	limits Limits
}

var _ promql.QueryEngine = Engine{}

// NewEngine returns an engine that knows PromQL without its experimental
// functions, which may change their meaning between releases.
func NewEngine(limits Limits, logger *slog.Logger) Engine {
	p := newParser(limits)
	return Engine{promql.NewEngine(promql.EngineOpts{
		Logger:                   logger,
		MaxSamples:               limits.Samples,
		Timeout:                  limits.Timeout,
		LookbackDelta:            Lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   p,
	}), p, limits}
}

// NewInstantQuery implements promql.QueryEngine: of a query within the limits.
func (e Engine) NewInstantQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, at time.Time) (promql.Query, error) {
	shape, err := shapeOf(e.Parser, e.limits, qs, at, at, 0)
	if err != nil {
		return nil, err
	}
	return e.bound(e.Engine.NewInstantQuery(ctx, metered{unbounded(q), shape}, opts, qs, at))
}

// NewRangeQuery implements promql.QueryEngine: of a query within the limits.
func (e Engine) NewRangeQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, start, end time.Time, step time.Duration) (promql.Query, error) {
	shape, err := shapeOf(e.Parser, e.limits, qs, start, end, step)
	if err != nil {
		return nil, err
	}
	return e.bound(e.Engine.NewRangeQuery(ctx, metered{unbounded(q), shape}, opts, qs, start, end, step))
}

// unbounded returns what q reads from: the query's own bounds take the place of
// those that q has.
func unbounded(q storage.Queryable) storage.Queryable {
	if b, ok := q.(Reader); ok {
		return b.SampleAndChunkQueryable
	}
	return q
}

func (e Engine) bound(q promql.Query, err error) (promql.Query, error) {
	if err != nil {
		return nil, err
	}
	return boundedQuery{q, e.limits}, nil
}

// boundedQuery says which limit ended it.
type boundedQuery struct {
	promql.Query
	limits Limits
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
		key, limit := "timeout", q.limits.Timeout
		if errors.Is(context.Cause(ctx), errPrincipalTimeout) {
			key, limit = "principal_timeout", q.limits.PrincipalTimeout
		}
		result.Err = fmt.Errorf("%w: longer than the %s that query::%s allows: select fewer series, a shorter range or a longer step", result.Err, limit, key)
	}
	return result
}
