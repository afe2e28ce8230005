// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package show

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

var berlin = time.FixedZone("CET", 3600)

func TestCellsReadAsPeopleWrite(t *testing.T) {
	at := time.Date(2026, 10, 31, 23, 30, 9, 0, berlin)
	for _, c := range []struct {
		column report.Column
		cell   report.Cell
		want   string
	}{
		{report.Column{}, report.Cell{Text: "=1+1"}, "=1+1"},
		{report.Column{}, report.Cell{}, ""},
		{report.Column{Type: report.Count}, report.Cell{Text: "0"}, "0"},
		{report.Column{Type: report.Count}, report.Cell{Text: "1234567"}, "1,234,567"},
		{report.Column{Type: report.Count}, report.Cell{Text: "-123"}, "-123"},
		{report.Column{Type: report.Count}, report.Cell{Text: "-1234"}, "-1,234"},
		{report.Column{Type: report.Amount}, report.Cell{Text: "9200000000000.000001"}, "9,200,000,000,000.000001"},
		{report.Column{Type: report.Amount, Unit: "h"}, report.Cell{Text: "1234.5"}, "1,234.5"},
		{report.Column{Type: report.Amount}, report.Cell{Text: "1234.5", Unit: "h"}, "1,234.5\u00a0h"},
		{report.Column{Type: report.Amount, Unit: "h"}, report.Cell{Text: "1", Unit: "min"}, "1\u00a0min"},
		{report.Column{Type: report.Amount}, report.Cell{Text: "1e21"}, "1e21"},
		{report.Column{Type: report.Money}, report.Cell{Text: "-1234.50", Unit: "EUR"}, "-1,234.50\u00a0EUR"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0.25"}, "25\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0.1234"}, "12.3\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0"}, "0\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0.0001"}, "<\u202f0.1\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "-0.0001"}, ">\u202f-0.1\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0.99999"}, "99.9\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "1.00001"}, "100.1\u202f%"},
		{report.Column{Type: report.Share}, report.Cell{Text: "12.5"}, "1,250\u202f%"},
		{report.Column{Type: report.Date}, report.Cell{At: at}, "31 Oct 2026"},
		{report.Column{Type: report.Instant}, report.Cell{At: at}, "31 Oct 2026 23:30"},
	} {
		r := Of(&report.Report{Period: report.Period{Zone: "Europe/Berlin"}})
		require.Equal(t, c.want, r.Cell(c.column, c.cell), "%+v", c)
	}
}

func TestHeadingsNameUnitsAndZones(t *testing.T) {
	here, everywhere := Of(&report.Report{Period: report.Period{Zone: "Europe/Berlin"}}), Of(&report.Report{})
	require.Equal(t, "Total (EUR)", here.Heading(report.Column{Title: "Total", Type: report.Money, Unit: "EUR"}))
	require.Equal(t, "Total", here.Heading(report.Column{Title: "Total", Type: report.Money}))
	require.Equal(t, "Last action (Europe/Berlin)", here.Heading(report.Column{Title: "Last action", Type: report.Instant}))
	require.Equal(t, "Last action (UTC)", everywhere.Heading(report.Column{Title: "Last action", Type: report.Instant}))
	at := report.Cell{At: time.Date(2026, 10, 31, 0, 30, 9, 0, berlin)}
	require.Equal(t, "30 Oct 2026 23:30", everywhere.Cell(report.Column{Type: report.Instant}, at))
	require.Equal(t, "31 Oct 2026", everywhere.Cell(report.Column{Type: report.Date}, at), "a civil date has no zone")
}

func TestTheCoverSaysWhatTheFiguresAre(t *testing.T) {
	r := &report.Report{
		Period: report.Period{
			Title: "October 2026", Zone: "Europe/Berlin",
			Start: time.Date(2026, 10, 1, 0, 0, 0, 0, berlin), End: time.Date(2026, 11, 1, 0, 0, 0, 0, berlin),
		},
		Basis: report.Billed, Made: time.Date(2026, 11, 2, 8, 0, 0, 0, berlin),
		Definitions: []report.Definition{{Title: "Learners", From: "2026-01-01"}, {Title: "Minutes"}},
	}
	require.Equal(t, []Fact{
		{"Period", "October 2026 (1 Oct 2026 to 31 Oct 2026)"},
		{"Time zone", "Europe/Berlin"},
		{"Basis", "as billed"},
		{"Made", "2 Nov 2026 08:00 CET"},
		{"Definitions", "Learners as defined on 2026-01-01; others as they were from the beginning"},
	}, Of(r).Cover())

	r.Period = report.Period{Title: "31 Oct 2026", Start: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Running: true}
	r.Basis, r.Definitions = report.Known, nil
	require.Equal(t, []Fact{
		{"Period", "31 Oct 2026; it still runs"},
		{"Time zone", "each organization's own; times of day are in UTC"},
		{"Basis", "as now known"},
		{"Made", "2 Nov 2026 07:00 UTC"},
	}, Of(r).Cover())

	r.Period = report.Period{Title: "last 24 hours", Start: time.Date(2026, 10, 31, 9, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	require.Equal(t, "last 24 hours (31 Oct 2026 09:00 to 1 Nov 2026 09:00)", Of(r).Cover()[0].Value)
}
