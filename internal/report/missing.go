// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
)

// Missing is a shard whose organizations are not in an answer, though they belong
// into it.
type Missing struct {
	Shard string `json:"shard"`
	// Reason goes on where the shard's name ends: "does not answer".
	Reason string `json:"reason"`
}

// NamesOf returns the names of shards, with commas between them.
func NamesOf(missing []Missing) string {
	names := make([]string, len(missing))
	for i, m := range missing {
		names[i] = m.Shard
	}
	return strings.Join(names, ", ")
}

// Missed says which shards are missing and why; "": none is.
func Missed(missing []Missing) string {
	said := make([]string, len(missing))
	for i, m := range missing {
		said[i] = "shard " + m.Shard + " " + m.Reason
	}
	return strings.Join(said, "; ")
}

// mark says in whatever is made of the report that shards are missing: in its
// title, in its first note, and in a column of each table, since a format that
// has rows alone has no other place for it.
func (b *builder) mark(column string) {
	missing := b.in.Missing
	if len(missing) == 0 {
		return
	}
	b.r.Missing, b.r.Title = missing, b.r.Title+" (incomplete)"
	b.r.Notes = slices.Insert(b.r.Notes, 0, "INCOMPLETE: "+Missed(missing)+". Its organizations are neither in the tables nor in the totals: bill nobody by this report, and make it again.")
	mark := text(NamesOf(missing))
	for i := range b.r.Sections {
		s := &b.r.Sections[i]
		s.Columns = append(slices.Clip(s.Columns), Column{Name: column, Title: "Incomplete: without shard"})
		for j := range s.Totals {
			s.Totals[j] = append(s.Totals[j], mark)
		}
		rows := s.Rows
		s.Rows = func(yield func([]Cell, error) bool) {
			var marked []Cell
			for row, err := range rows {
				marked = append(append(marked[:0], row...), mark)
				if !yield(marked, err) {
					return
				}
			}
		}
	}
}
