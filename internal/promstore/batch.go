// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"errors"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Refusal is why a sample was left out. No repetition would change it.
type Refusal uint8

// The refusals.
const (
	// TooOld is a sample further behind the newest one than the out-of-order
	// window, or behind the clock than the retention.
	TooOld Refusal = iota
	// Future is a sample more than futureLimit ahead of the clock.
	Future
	// Conflict is a second value for a series at one instant; the first stays.
	// It is noticed against the newest sample of a series only.
	Conflict
	// NoTimestamp is a data point without a time.
	NoTimestamp
	// NoValue is a data point without a number.
	NoValue
	// InvalidLabels are labels of which two have one name in Prometheus.
	InvalidLabels
	// Unsupported is a histogram, a summary or a delta sum.
	Unsupported
	numRefusals
)

// NumRefusals is the number of refusals.
const NumRefusals = int(numRefusals)

// String returns the refusal as a label value.
func (r Refusal) String() string {
	return [...]string{"too_old", "future", "conflict", "no_timestamp", "no_value", "invalid_labels", "unsupported"}[r]
}

// Result is what became of samples.
type Result struct {
	Stored  int
	Refused [NumRefusals]int // by Refusal
}

// AnyRefused reports whether a sample was left out.
func (r Result) AnyRefused() bool { return r.Refused != [NumRefusals]int{} }

func (r *Result) add(other Result) {
	r.Stored += other.Stored
	for i, n := range other.Refused {
		r.Refused[i] += n
	}
}

// batch is one transaction and what became of its samples so far.
type batch struct {
	appender storage.AppenderV2
	refs     storage.GetRef
	result   Result
}

func newBatch(appender storage.AppenderV2) *batch {
	refs, _ := appender.(storage.GetRef) // the TSDB's own always is one
	return &batch{appender: appender, refs: refs}
}

// ref returns the series that has these labels and the labels as the series
// holds them, or 0 where there is none yet.
func (b *batch) ref(ls labels.Labels) (storage.SeriesRef, labels.Labels) {
	if b.refs == nil {
		return 0, labels.EmptyLabels()
	}
	return b.refs.GetRef(ls, ls.Hash())
}

// add stores a sample, t in ms since 1970, and returns the series that took
// it. ls must live as long as the store where ref is 0 or may be stale.
func (b *batch) add(ref storage.SeriesRef, ls labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	got, err := b.appender.Append(ref, ls, 0, t, v, nil, nil, storage.AOptions{})
	switch {
	case err == nil:
		b.result.Stored++
		return got, nil
	case errors.Is(err, storage.ErrTooOldSample), errors.Is(err, storage.ErrOutOfBounds), errors.Is(err, storage.ErrOutOfOrderSample):
		b.result.Refused[TooOld]++
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		b.result.Refused[Conflict]++
	case errors.Is(err, tsdb.ErrInvalidSample):
		b.result.Refused[InvalidLabels]++
	default:
		return ref, err
	}
	return ref, nil
}
