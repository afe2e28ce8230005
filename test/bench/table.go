// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// row is a figure of the table.
type row struct {
	what, measured, goal, going string
	met                         bool
	note                        string // a format
	args                        []any
}

// table is the result of a run.
type table struct{ rows []row }

func (t *table) add(r row) { t.rows = append(t.rows, r) }

func (t *table) write(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwhat\tmeasured\tgoal\tgoing to\t\t")
	for _, r := range t.rows {
		verdict := "met"
		if !r.met {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t\n", r.what, r.measured, r.goal, r.going, verdict)
	}
	_ = w.Flush() // a terminal that is gone shows nothing anyway
	fmt.Fprintln(out)
	for _, r := range t.rows {
		fmt.Fprintf(out, "%s: %s\n", r.what, fmt.Sprintf(r.note, r.args...))
	}
}

func fmtRatio(x float64) string { return fmt.Sprintf("%.2fx", x) }

// ratios divides measurements of the same rounds.
func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / max(b[i], 1e-9)
	}
	return out
}

func least(values []float64) float64 { return slices.Min(values) }

func most(values []float64) float64 { return slices.Max(values) }
