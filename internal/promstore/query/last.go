// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
)

// last_over_time is what dashboards are made of, and of all samples that it is given it
// uses one for each step: of three months of a figure 360, where the engine would go through
// 130,000. So of what it selects only these are read, and of a step's chunks the last.

// isOfLast reports whether a selector is the argument of last_over_time, at the steps of the
// query itself, by what it stands in.
func isOfLast(path []parser.Node) bool {
	if len(path) < 2 {
		return false
	}
	for _, node := range path {
		if _, is := node.(*parser.SubqueryExpr); is {
			return false
		}
	}
	_, isRange := path[len(path)-1].(*parser.MatrixSelector)
	call, isCall := path[len(path)-2].(*parser.Call)
	return isRange && isCall && call.Func.Name == "last_over_time"
}

// steps are the instants at which last_over_time looks back, in ms: at first and then each
// step. A step of 0 has only the first.
type steps struct{ first, step int64 }

func stepsOf(h *storage.SelectHints) steps { return steps{h.Start + h.Range - 1, h.Step} }

// of returns the number of the first instant that sees a sample.
func (s steps) of(at int64) int64 {
	switch {
	case at <= s.first:
		return 0
	case s.step == 0:
		return 1
	default:
		return (at - s.first + s.step - 1) / s.step
	}
}

// lastSet has the samples of its series that last_over_time looks at.
type lastSet struct {
	storage.ChunkSeriesSet
	ctx    context.Context //nolint:containedctx // of one Select
	steps  steps
	worker *aside.Worker
}

func (s *lastSet) At() storage.Series {
	return lastSeries{s.ChunkSeriesSet.At(), s.ctx, s.steps, s.worker}
}

type lastSeries struct {
	storage.ChunkSeries
	ctx    context.Context //nolint:containedctx // of the Select that it comes from
	steps  steps
	worker *aside.Worker
}

func (s lastSeries) Labels() labels.Labels { return s.ChunkSeries.Labels() }

func (s lastSeries) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	kept, err := s.read()
	if err != nil {
		return failed{chunkenc.NewNopIterator(), err}
	}
	return promql.NewStorageSeries(promql.Series{Floats: kept}).Iterator(nil)
}

// read returns the last sample for each instant, of those that have one that none before
// sees. Stale markers are none, as the engine has it.
func (s lastSeries) read() (kept []promql.FPoint, err error) {
	var beginning []chunks.Meta // at the same instant
	all := s.ChunkSeries.Iterator(nil)
	for all.Next() {
		m := all.At()
		if len(beginning) > 0 && s.steps.of(beginning[0].MinTime) != s.steps.of(m.MinTime) {
			if kept, err = s.readChunks(kept, beginning); err != nil {
				return nil, err
			}
			beginning = beginning[:0]
		}
		beginning = append(beginning, m)
	}
	if kept, err = s.readChunks(kept, beginning); err != nil {
		return nil, err
	}
	return kept, all.Err()
}

// readChunks adds what is kept of chunks that begin at the same instant. All but the last one
// end there as well, and are read only if those after them have nothing for it.
func (s lastSeries) readChunks(kept []promql.FPoint, of []chunks.Meta) ([]promql.FPoint, error) {
	var later []promql.FPoint
	for i := len(of) - 1; i >= 0; i-- {
		points, err := s.readChunk(of[i].Chunk)
		if err != nil {
			return nil, err
		}
		if i == len(of)-1 {
			later = points
		} else if len(points) > 0 {
			kept = s.keep(kept, points[len(points)-1])
		}
		if len(points) > 0 && s.steps.of(points[0].T) == s.steps.of(of[0].MinTime) {
			break
		}
	}
	for _, p := range later {
		kept = s.keep(kept, p)
	}
	return kept, nil
}

var errNotAFloat = errors.New("a sample is a histogram, which this store does not write")

func (s lastSeries) readChunk(c chunkenc.Chunk) (kept []promql.FPoint, err error) {
	s.worker.Aside()
	if err := ended(s.ctx); err != nil {
		return nil, err
	}
	it := c.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind != chunkenc.ValFloat {
			return nil, errNotAFloat
		}
		if t, v := it.At(); !value.IsStaleNaN(v) {
			kept = s.keep(kept, promql.FPoint{T: t, F: v})
		}
	}
	return kept, it.Err()
}

// keep adds a sample in the place of one of the same instant.
func (s lastSeries) keep(kept []promql.FPoint, p promql.FPoint) []promql.FPoint {
	if n := len(kept); n > 0 && s.steps.of(kept[n-1].T) == s.steps.of(p.T) {
		kept[n-1] = p
		return kept
	}
	return append(kept, p)
}

// failed ends at once with an error.
type failed struct {
	chunkenc.Iterator
	err error
}

func (f failed) Err() error { return f.err }
