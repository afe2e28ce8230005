// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

var berlin = time.FixedZone("CET", 3600)

// names are what people are called, and what others would have run.
var names = []string{
	"Acme GmbH", "شركة النور للتجارة", "北京大学", "東京ガス「株」", "한국어 회사", "Юлия & Söhne", "Team 🚀 😀", "हिन्दी संस्था", "חברת אור",
	`=cmd|' /C calc'!A0`, `=HYPERLINK("http://x","y")`, "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "a;=1+1",
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "{{.Title}}", "</style><b>", "]]>", "&amp;", "a\r\nSet-Cookie: x=1", "_x0041_", "tab\there", "'quoted'",
	"A name that is much longer than any column of a table on paper can be, and that goes on, and on, and on, until nobody reads it any more at all",
	"averylongwordwithoutanyblankwhichnobodycanbreakanywherebutwithinitselfsoithastobebrokensomewhere",
}

var columns = []report.Column{
	{Name: "organization", Title: "Organization", Type: report.Text},
	{Name: "registered", Title: "Registered users", Type: report.Count},
	{Name: "audio", Title: "Audio", Type: report.Amount, Unit: "h"},
	{Name: "used", Title: "Used", Type: report.Amount},
	{Name: "total", Title: "Total", Type: report.Money, Unit: "EUR"},
	{Name: "price", Title: "Price", Type: report.Money},
	{Name: "share", Title: "Share", Type: report.Share},
	{Name: "since", Title: "Since", Type: report.Date},
	{Name: "last_action", Title: "Last action", Type: report.Instant},
}

// row is the nth of the fixture: of all types, negative and empty cells among
// them.
func row(n int) []report.Cell {
	if n%50 == 49 {
		cells := make([]report.Cell, len(columns))
		cells[0].Text = "Nothing known " + strconv.Itoa(n)
		return cells
	}
	name := names[n%len(names)]
	if n >= len(names) {
		name += " " + strconv.Itoa(n)
	}
	sign := ""
	if n%7 == 3 {
		sign = "-"
	}
	day := time.Date(2026, 10, 1+n%31, 0, 0, 0, 0, berlin)
	return []report.Cell{
		{Text: name},
		{Text: sign + strconv.Itoa(n*n*7)},
		{Text: fmt.Sprintf("%s%d.%06d", sign, n*3, n)},
		{Text: fmt.Sprintf("%s%d.5", sign, n), Unit: []string{"min", "GB"}[n%2]},
		{Text: fmt.Sprintf("%s%d.%02d", sign, n*1234, n%100)},
		{Text: fmt.Sprintf("%s%d.%03d", sign, n, n%1000), Unit: []string{"USD", "KWD", "EUR"}[n%3]},
		{Text: fmt.Sprintf("0.%03d", n%1000)},
		{At: day},
		{At: day.Add(time.Duration(n*61) * time.Second)},
	}
}

// fixture is a report of so many rows.
func fixture(rows int) *report.Report {
	r := &report.Report{
		Kind: report.Billing, Title: "Billing report", Subject: "Acme & Söhne <GmbH>", Organization: "acme",
		Period: report.Period{
			Name: "2026-10", Title: "October 2026", Window: "month", Zone: "Europe/Berlin",
			Start: time.Date(2026, 10, 1, 0, 0, 0, 0, berlin), End: time.Date(2026, 11, 1, 0, 0, 0, 0, berlin),
		},
		Basis: report.Known, Made: time.Date(2026, 11, 2, 8, 15, 0, 0, berlin),
		Definitions: []report.Definition{{Meter: "active_users", Title: "Active users", From: "2026-01-01"}, {Meter: "audio", Title: "Audio"}},
		Notes:       []string{"No telemetry came on 12 Oct 2026 from 03:00 to 05:30: figures may be too low.", "Prices <b>are</b> net."},
	}
	charges := report.Section{Name: "charges", Title: "Charges", Note: "A row an organization.", Columns: columns}
	charges.Rows = func(yield func([]report.Cell, error) bool) {
		for n := range rows {
			if !yield(row(n), nil) {
				return
			}
		}
	}
	total := make([]report.Cell, len(columns))
	total[0].Text, total[1].Text, total[4].Text = "Total", "123456789", "9007199254740993.25"
	charges.Totals = [][]report.Cell{total}

	days := report.Section{
		Name: "days", Title: "Days", Columns: []report.Column{
			{Name: "day", Title: "Day", Type: report.Date}, {Name: "learners", Title: "Learners", Type: report.Count}, {Name: "guests", Title: "Guests", Type: report.Count},
		},
		Chart: &report.Chart{Kind: report.Bars, Title: "Active users by day", Label: 0, Values: []int{1, 2}, Limit: "60", LimitTitle: "Committed"},
	}
	var byDay [][]report.Cell
	for n := range 31 {
		byDay = append(byDay, []report.Cell{{At: time.Date(2026, 10, 1+n, 0, 0, 0, 0, berlin)}, {Text: strconv.Itoa(20 + n*7%23)}, {Text: strconv.Itoa(n % 5 * 6)}})
	}
	days.Rows = report.Listed(byDay)

	languages := report.Section{
		Name: "languages", Title: "Languages: [all]?", Columns: []report.Column{
			{Name: "language", Title: "Language"}, {Name: "used", Title: "Used", Type: report.Amount, Unit: "h"}, {Name: "huge", Title: "Huge", Type: report.Count}, {Name: "accuracy", Title: "Accuracy", Type: report.Number},
		},
		Chart: &report.Chart{Kind: report.Ranks, Title: "Most used languages", Label: 0, Values: []int{1}},
		Rows: report.Listed([][]report.Cell{
			{{Text: "English"}, {Text: "1234.5"}, {Text: "9007199254740991"}, {Text: "0.825"}},
			{{Text: "العربية"}, {Text: "600"}, {Text: "9007199254740992"}, {}},
			{{Text: "中文"}, {Text: "9.000001"}, {Text: "92233720368547758070"}, {Text: "-1"}},
		}),
	}
	curve := report.Section{
		Name: "curve", Title: "Languages  all", Columns: []report.Column{
			{Name: "at", Title: "Hour", Type: report.Instant}, {Name: "peak", Title: "Peak", Type: report.Count}, {Name: "mean", Title: "Mean", Type: report.Amount},
		},
		Chart: &report.Chart{Kind: report.Lines, Title: "Concurrent users", Label: 0, Values: []int{1, 2}},
	}
	var byHour [][]report.Cell
	for n := range 72 {
		cells := []report.Cell{{At: time.Date(2026, 10, 1, n, 0, 0, 0, berlin)}, {Text: strconv.Itoa(n % 24 * (24 - n%24) / 40)}, {Text: strconv.Itoa(n%24*(24-n%24)/60) + ".5"}}
		if n/6 == 5 {
			cells[1], cells[2] = report.Cell{}, report.Cell{} // an outage
		}
		byHour = append(byHour, cells)
	}
	curve.Rows = report.Listed(byHour)

	none := report.Section{
		Name: "adjustments", Title: "Adjustments", Columns: []report.Column{{Name: "amount", Title: "Amount", Type: report.Money, Unit: "EUR"}},
		Rows: report.Listed(nil), Empty: "No adjustments of earlier periods.",
		Chart: &report.Chart{Kind: report.Bars, Title: "Nothing", Values: []int{0}},
	}
	r.Sections = []report.Section{charges, days, languages, curve, none}
	return r
}
