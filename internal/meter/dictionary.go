// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"sync/atomic"

	"github.com/otelcol-usage/otelcol-usage/internal/intern"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Dictionary holds the values of one breakdown of a ledger, each once, whichever
// organizations have it and as long as any of them has. Each numbers those that it has in
// an order of its own: see Values.
type Dictionary struct {
	list   []string // of a breakdown that has one, else nil
	series int      // how many show a value
	book   *series.Book
	known  intern.Pool[Value]
}

// NewDictionary returns one with the values of a list, or without one, each of which so
// many series of a book show.
func NewDictionary(list []string, series int, book *series.Book) *Dictionary {
	return &Dictionary{list: list, series: series, book: book}
}

// NewDictionaries returns those of a meter's breakdowns.
func NewDictionaries(of *usage.Meter, series int, book *series.Book) (all []*Dictionary) {
	for i := range of.Breakdowns {
		all = append(all, NewDictionary(of.Breakdowns[i].Values, series, book))
	}
	return all
}

// Value returns the value of a name.
func (d *Dictionary) Value(name string) *Value {
	hash := d.book.Hash(name)
	return d.known.Get(hash, func(v *Value) bool { return v.Name == name }, func() *Value {
		return &Value{Name: name, hash: hash, series: make([]atomic.Pointer[usage.Series], d.series)}
	})
}

// Value is a value as all organizations know it.
type Value struct {
	Name string
	hash uint64
	// series are those that show it, by the number that the meter's kind gives them: each
	// is nil until some organization shows it first. A book gives all of them the same.
	series []atomic.Pointer[usage.Series]
}

// Series returns a series of the value, nil where it was not shown yet.
func (v *Value) Series(number int) *usage.Series { return v.series[number].Load() }

// Show says which series shows the value, and returns it.
func (v *Value) Show(number int, by *usage.Series) *usage.Series {
	v.series[number].Store(by)
	return by
}
