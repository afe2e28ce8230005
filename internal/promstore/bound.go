// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/otelcol-usage/otelcol-usage/internal/access/promql"
)

// boundKey is that of the [promql.Bound] of a request's context.
type boundKey struct{}

func withBound(ctx context.Context, b *promql.Bound) context.Context {
	return context.WithValue(ctx, boundKey{}, b)
}

// boundOf returns what a request may read: nothing, where nobody has said it.
func boundOf(ctx context.Context) *promql.Bound {
	if b, said := ctx.Value(boundKey{}).(*promql.Bound); said {
		return b
	}
	return &promql.Bound{}
}

// boundReader reads what a request may read, for whatever asks: queries are
// evaluated as they are written over a store that seems to have nothing else. Its
// queriers embed none of the store's, so that a method which is new there is not open
// here by itself.
type boundReader struct{ all reader }

var _ storage.SampleAndChunkQueryable = boundReader{}

func (r boundReader) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := r.all.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	return boundQuerier{boundLabels{q}, q}, nil
}

func (r boundReader) ChunkQuerier(mint, maxt int64) (storage.ChunkQuerier, error) {
	q, err := r.all.ChunkQuerier(mint, maxt)
	if err != nil {
		return nil, err
	}
	return boundChunkQuerier{boundLabels{q}, q}, nil
}

type boundQuerier struct {
	boundLabels
	all storage.Querier
}

func (q boundQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return q.all.Select(ctx, sorted, hints, bind(ctx, matchers)...)
}

type boundChunkQuerier struct {
	boundLabels
	all storage.ChunkQuerier
}

func (q boundChunkQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.ChunkSeriesSet {
	return q.all.Select(ctx, sorted, hints, bind(ctx, matchers)...)
}

type boundLabels struct{ of storage.LabelQuerier }

func (q boundLabels) LabelValues(ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.of.LabelValues(ctx, name, hints, bind(ctx, matchers)...)
}

func (q boundLabels) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.of.LabelNames(ctx, hints, bind(ctx, matchers)...)
}

func (q boundLabels) Close() error { return q.of.Close() }

// bind leaves the matchers of the query as they are, and in their order, which
// the TSDB would change: what absent() answers follows from it.
func bind(ctx context.Context, matchers []*labels.Matcher) []*labels.Matcher {
	return slices.Concat(matchers, boundOf(ctx).Matchers())
}
