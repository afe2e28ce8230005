// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import "slices"

// ForPeople returns a report without the columns that are for programs, for a
// format that is read and not loaded.
func (r *Report) ForPeople() *Report {
	out := *r
	out.Sections = make([]Section, len(r.Sections))
	for i := range r.Sections {
		out.Sections[i] = r.Sections[i].forPeople()
	}
	return &out
}

func (s Section) forPeople() Section {
	var kept []int
	for i, c := range s.Columns {
		if !c.Key {
			kept = append(kept, i)
		}
	}
	if len(kept) == len(s.Columns) {
		return s
	}
	rows := s.Rows
	s.Rows = func(yield func([]Cell, error) bool) {
		for row, err := range rows {
			if err == nil {
				row = pick(row, kept)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	s.Columns = pick(s.Columns, kept)
	totals := s.Totals
	s.Totals = nil
	for _, row := range totals {
		s.Totals = append(s.Totals, pick(row, kept))
	}
	if s.Chart != nil {
		chart := *s.Chart
		chart.Label = slices.Index(kept, chart.Label)
		chart.Values = slices.Clone(chart.Values)
		for i, v := range chart.Values {
			chart.Values[i] = slices.Index(kept, v)
		}
		s.Chart = &chart
	}
	return s
}

func pick[T any](from []T, at []int) []T {
	out := make([]T, len(at))
	for i, n := range at {
		out[i] = from[n]
	}
	return out
}
