// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
)

// listing is what a command prints as a table, as JSON or as CSV.
type listing struct {
	value   any      // as JSON
	columns []string // as CSV names them
	rows    [][]listed
	empty   string // what a table says without rows
}

// listed is a cell.
type listed struct {
	text   string
	number bool
}

func words(text string) listed { return listed{text: text} }

func counted(n int) listed { return listed{strconv.Itoa(n), true} }

// outputFlag adds the form in which a command prints.
func outputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVar(output, "output", "table", "table, json or csv")
	complete(cmd, "output", "table", "json", "csv")
}

// checkOutput refuses a form before the work that it is for.
func checkOutput(output string) error {
	if output != "table" && output != "json" && output != "csv" {
		return wrongUsage{fmt.Errorf("--output %q: use table, json or csv", output)}
	}
	return nil
}

// print writes a listing in a form.
func (l *listing) print(w io.Writer, output string) error {
	switch output {
	case "csv":
		return l.csv(w)
	case "json":
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(l.value)
	case "table":
		return l.table(w)
	default:
		return checkOutput(output)
	}
}

func (l *listing) table(w io.Writer) error {
	if len(l.rows) == 0 {
		_, err := fmt.Fprintln(w, l.empty)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, strings.ToUpper(strings.ReplaceAll(strings.Join(l.columns, "\t"), "_", " "))) // Flush returns the error
	for _, row := range l.rows {
		texts := make([]string, len(row))
		for i, cell := range row {
			texts[i] = cell.text
		}
		_, _ = fmt.Fprintln(t, strings.Join(texts, "\t")) // as above
	}
	return t.Flush()
}

func (l *listing) csv(w io.Writer) error {
	out := sheet.NewCSV(w, l.columns...)
	for _, row := range l.rows {
		cells := make([]sheet.Cell, len(row))
		for i, cell := range row {
			if cells[i] = sheet.Text(cell.text); cell.number {
				cells[i] = sheet.Number(cell.text)
			}
		}
		out.Row(cells...)
	}
	return out.Close()
}
