// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
)

// readsPerLook is after how many samples a query that reads looks whether its
// time is up: some microseconds.
const readsPerLook = 64

// metered reads for a query and holds what it reads against the query's shape.
// The engine selects by one goroutine, in the order of the shape's selectors.
type metered struct {
	storage.Queryable
	shape *shape
}

// Reader reads for requests that are no queries, as those for series,
// within the same limits.
type Reader struct {
	storage.SampleAndChunkQueryable

	Limits Limits
}

// Querier returns one that ends where the limits do.
func (r Reader) Querier(mint, maxt int64) (storage.Querier, error) {
	return metered{r.SampleAndChunkQueryable, &shape{limits: r.Limits, read: make([]selected, r.Limits.Selectors)}}.Querier(mint, maxt)
}

func (m metered) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := m.Queryable.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	metered := &meteredQuerier{Querier: q, shape: m.shape}
	if of, is := m.Queryable.(storage.ChunkQueryable); is && slices.Contains(m.shape.ofLast, true) {
		if metered.chunks, err = of.ChunkQuerier(mint, maxt); err != nil {
			return nil, errors.Join(err, q.Close())
		}
	}
	return metered, nil
}

type meteredQuerier struct {
	storage.Querier
	chunks storage.ChunkQuerier // nil: no selector is of last_over_time
	shape  *shape
	next   int // selector
}

func (q *meteredQuerier) Close() error {
	if q.chunks == nil {
		return q.Querier.Close()
	}
	return errors.Join(q.chunks.Close(), q.Querier.Close())
}

func (q *meteredQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	n := q.next // the parser sees to it that there are as many
	q.next++
	if err := ended(ctx); err != nil { // finding the series is the most of it where there are millions
		return storage.ErrSeriesSet(err)
	}
	var set storage.SeriesSet
	if q.chunks != nil && q.shape.ofLast[n] {
		set = &lastSet{q.chunks.Select(ctx, sorted, hints, matchers...), ctx, stepsOf(hints), &q.shape.worker}
	} else {
		set = q.Querier.Select(ctx, sorted, hints, matchers...)
	}
	return &meteredSet{SeriesSet: set, ctx: ctx, shape: q.shape, read: &q.shape.read[n]}
}

// meteredSet counts its series, and ends where they are too many for what the
// query makes of them.
type meteredSet struct {
	storage.SeriesSet
	ctx   context.Context //nolint:containedctx // of one Select
	shape *shape
	read  *selected
	err   error
}

func (s *meteredSet) Next() bool {
	if s.err != nil {
		return false
	}
	if !s.SeriesSet.Next() {
		s.err = s.shape.check()
		return false
	}
	s.count(s.SeriesSet.At().Labels())
	if int(s.read.series)%readsPerLook == 0 {
		s.shape.worker.Aside()
		s.err = s.look()
	}
	return s.err == nil
}

func (s *meteredSet) count(ls labels.Labels) {
	size := 0.0
	ls.Range(func(l labels.Label) {
		size += float64(len(l.Name) + len(l.Value))
		s.read.value = max(s.read.value, float64(len(l.Value)))
	})
	s.read.series++
	s.read.labels = max(s.read.labels, size)
}

func (s *meteredSet) look() error {
	if err := ended(s.ctx); err != nil {
		return err
	}
	return s.shape.check()
}

func (s *meteredSet) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.SeriesSet.Err()
}

func (s *meteredSet) At() storage.Series {
	return meteredSeries{s.SeriesSet.At(), s.ctx, &s.shape.worker}
}

type meteredSeries struct {
	storage.Series
	ctx    context.Context //nolint:containedctx // of the Select that it comes from
	worker *aside.Worker
}

func (s meteredSeries) Iterator(reuse chunkenc.Iterator) chunkenc.Iterator {
	if m, ok := reuse.(*meteredIterator); ok {
		m.Iterator, m.ctx, m.worker, m.err = s.Series.Iterator(m.Iterator), s.ctx, s.worker, nil
		return m
	}
	return &meteredIterator{Iterator: s.Series.Iterator(reuse), ctx: s.ctx, worker: s.worker}
}

// meteredIterator ends when the query's time is up.
type meteredIterator struct {
	chunkenc.Iterator
	ctx    context.Context //nolint:containedctx // of the series
	worker *aside.Worker
	reads  int
	err    error
}

// Next looks at the time now and then. A step of a query seeks at most once and
// then goes through what is there, so Seek need not.
func (i *meteredIterator) Next() chunkenc.ValueType {
	if i.reads++; i.reads%readsPerLook == 0 {
		i.worker.Aside()
		i.err = ended(i.ctx)
	}
	if i.err != nil {
		return chunkenc.ValNone
	}
	return i.Iterator.Next()
}

func (i *meteredIterator) Err() error {
	if i.err != nil {
		return i.err
	}
	return i.Iterator.Err()
}

// ended returns the engine's error for a query whose context has ended, or nil.
func ended(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return promql.ErrQueryTimeout("reading")
	default:
		return promql.ErrQueryCanceled("reading")
	}
}
