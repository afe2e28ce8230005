// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
)

// statements are what is printed.
type statements struct {
	organization string
	list         []statement
	all          bool // versions
	raw          []byte
}

// statementOutputs are the forms in which statements are printed.
var statementOutputs = map[string]func(io.Writer, statements) error{
	"table": tableOfStatements, "json": jsonOfStatements, "csv": csvOfStatements,
}

// each calls f for the versions that are wanted.
func (s *statements) each(f func(of *statement, v *statementVersion)) {
	for i := range s.list {
		of := &s.list[i]
		from := len(of.Versions) - 1
		if s.all {
			from = 0
		}
		for j := from; j < len(of.Versions); j++ {
			f(of, &of.Versions[j])
		}
	}
}

// jsonOfStatements prints the answer as it came: with all versions.
func jsonOfStatements(w io.Writer, s statements) error {
	var b bytes.Buffer
	if err := json.Indent(&b, s.raw, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := b.WriteTo(w)
	return err
}

func tableOfStatements(w io.Writer, s statements) error {
	if len(s.list) == 0 {
		_, err := fmt.Fprintln(w, "no statements; a period has one once it is closed, its grace after its end")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "METER\tWINDOW\tFROM\tTO\tZONE\tVERSION\tMADE\tUSED\tLIMIT\tBILLED\tREASON") // Flush returns the error
	s.each(func(of *statement, v *statementVersion) {
		limit := ""
		if of.Quota != nil {
			limit = of.Quota.Limit.String()
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", of.MeterTitle, of.WindowTitle, of.StartDate, of.EndDate, of.Timezone,
			v.Version, v.Made.Format(time.RFC3339), v.Used, limit, of.billed(), v.why()) // as above
	})
	return t.Flush()
}

// billed is the version that was billed, or nothing.
func (s *statement) billed() string {
	if s.AsBilled == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*s.AsBilled), 10)
}

// why is what made the version.
func (v *statementVersion) why() string {
	if len(v.Reason) == 0 {
		return "closed"
	}
	var parts []string
	for _, r := range v.Reason {
		parts = append(parts, fmt.Sprintf("%s: %d", strings.ReplaceAll(r.Kind, "_", " "), r.Events))
	}
	return strings.Join(parts, ", ")
}

// figureLabels are columns of their own.
var figureLabels = []string{"unit", "class", "billable", "dimension", "dimension_value", "average"}

func csvOfStatements(w io.Writer, s statements) error {
	out := sheet.NewCSV(w, slices.Concat([]string{
		"organization", "meter", "window", "from", "to", "timezone", "version", "made", "reason", "billed",
		"limit", "flex_price", "currency", "used", "figure", "value",
	}, figureLabels, []string{"meter_title", "window_title"})...)
	s.each(func(of *statement, v *statementVersion) {
		quota := make([]sheet.Cell, 3)
		if q := of.Quota; q != nil {
			quota = []sheet.Cell{sheet.Number(q.Limit.String()), sheet.Number(q.FlexPrice), sheet.Text(q.Currency)}
		}
		head := slices.Concat([]sheet.Cell{
			sheet.Text(s.organization), sheet.Text(of.Meter), sheet.Text(of.Window), sheet.Text(of.StartDate), sheet.Text(of.EndDate), sheet.Text(of.Timezone),
			sheet.Number(strconv.FormatUint(uint64(v.Version), 10)), sheet.Time(v.Made), sheet.Text(v.why()), sheet.Number(of.billed()),
		}, quota, []sheet.Cell{sheet.Number(v.Used.String())})
		for _, f := range v.Figures {
			row := slices.Concat(head, []sheet.Cell{sheet.Text(f.Name), sheet.Number(f.Value.String())})
			for _, label := range figureLabels {
				row = append(row, sheet.Text(f.Labels[label]))
			}
			out.Row(append(row, sheet.Text(of.MeterTitle), sheet.Text(of.WindowTitle))...)
		}
	})
	return out.Close()
}
