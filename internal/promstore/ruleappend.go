// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"errors"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// ruleAppendable writes what rules record. Samples wait until the commit, so
// that the store's own appends do not wait for a rule.
type ruleAppendable struct{ store *Store }

// Appender returns a transaction.
func (a ruleAppendable) Appender(ctx context.Context) storage.Appender {
	return &ruleAppender{ctx: ctx, store: a.store}
}

// ruleAppender has of storage.Appender what evaluating a rule calls.
type ruleAppender struct {
	storage.Appender // nil: nothing else is called

	ctx     context.Context
	store   *Store
	samples []ruleSample
}

type ruleSample struct {
	labels labels.Labels
	t      int64
	v      float64
}

func (a *ruleAppender) Append(_ storage.SeriesRef, ls labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	a.samples = append(a.samples, ruleSample{ls, t, v})
	return 0, nil
}

func (a *ruleAppender) AppendHistogram(storage.SeriesRef, labels.Labels, int64, *histogram.Histogram, *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return 0, errors.New("this store keeps no native histograms: let the rule record a number")
}

func (*ruleAppender) SetOptions(*storage.AppendOptions) {}

func (a *ruleAppender) Rollback() error { return nil }

// Commit stores the samples in one transaction. One that cannot be stored is
// left out and counted as for every append.
func (a *ruleAppender) Commit() error {
	if len(a.samples) == 0 {
		return nil
	}
	s := a.store
	s.append.Lock()
	defer s.append.Unlock()
	b, err := s.begin(a.ctx)
	if err != nil {
		return err
	}
	for _, sample := range a.samples {
		ref, ls := b.ref(sample.labels)
		if ref == 0 {
			ls = sample.labels
		}
		if _, err := b.add(ref, ls, sample.t, sample.v); err != nil {
			return s.rollback(b, err)
		}
	}
	return s.commit(b)
}
