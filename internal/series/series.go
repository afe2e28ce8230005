// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package series holds every series of a ledger once, as long as it is shown, and the
// sheet on which a collection writes its figures.
package series

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/intern"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Book holds every series of a ledger once, whichever organizations have it, as long as
// any of them or a reader of figures has it. They ask for theirs side by side.
type Book struct {
	began time.Time // of the ledger, and so of its counters
	seed  maphash.Seed
	all   intern.Pool[usage.Series]
}

// NewBook returns an empty book of a ledger that began at a time. seed is that of the
// hashes by which series and names are looked for.
func NewBook(began time.Time, seed maphash.Seed) *Book { return &Book{began: began, seed: seed} }

// Hash stands for a name where it is looked for. It is keyed, of 64 bits and of this
// process only: that two of a few names share one is as good as impossible, as it is for
// users.
func (b *Book) Hash(name string) uint64 { return maphash.String(b.seed, name) }

// Gauge returns the gauge of that name and labels; labels without a value are
// left out.
func (b *Book) Gauge(name string, labels ...usage.Label) *usage.Series {
	return b.series(usage.Series{Name: name}, labels)
}

// Counter returns the counter of that name and labels.
func (b *Book) Counter(name string, labels ...usage.Label) *usage.Series {
	return b.series(usage.Series{Name: name, Counter: true, Start: b.began}, labels)
}

// series returns the one that is like s, with labels.
func (b *Book) series(s usage.Series, of []usage.Label) *usage.Series {
	var room [8]usage.Label // a series that is known, as nearly all are, takes no memory
	labels := slices.DeleteFunc(append(room[:0], of...), func(l usage.Label) bool { return l.Value == "" })
	slices.SortFunc(labels, func(x, y usage.Label) int { return strings.Compare(x.Name, y.Name) })
	var hash maphash.Hash
	hash.SetSeed(b.seed)
	maphash.WriteComparable(&hash, s.Name)
	for _, l := range labels {
		maphash.WriteComparable(&hash, l)
	}
	return b.all.Get(hash.Sum64(),
		func(known *usage.Series) bool { return known.Name == s.Name && slices.Equal(known.Labels, labels) },
		func() *usage.Series {
			made := s
			made.Labels = slices.Clone(labels)
			return &made
		})
}

// Sheet is where figures are written at a collection.
type Sheet struct {
	Book    *Book
	Figures []usage.Figure
	// Person returns the name by which a user may be shown in a label, "" of one who is
	// not on disk yet: they have no figures of their own until then.
	Person func(user uint32, reveal bool) string
	// Passing says that there is something among the figures that will be otherwise,
	// though nothing happens: the name of somebody who is not on disk yet.
	Passing bool
}

// Add writes a figure.
func (s *Sheet) Add(series *usage.Series, value float64) {
	s.Figures = append(s.Figures, usage.Figure{Series: series, Value: value})
}

// WindowLabels are the labels of a meter's window and of the period that lies some
// periods back.
func WindowLabels(meter string, w usage.Window, back int, more ...usage.Label) []usage.Label {
	return append([]usage.Label{
		{Name: "meter", Value: meter},
		{Name: "window", Value: w.String()},
		{Name: "period", Value: usage.PeriodName(back)},
	}, more...)
}
