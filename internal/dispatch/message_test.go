// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

func sample(columns int, rows ...[]report.Cell) *report.Report {
	all := []report.Column{
		{Name: "meter", Title: "Meter"}, {Name: "used", Title: "Used", Type: report.Amount}, {Name: "share", Title: "Share", Type: report.Share},
		{Name: "charge", Title: "Charge", Type: report.Money, Unit: "EUR"}, {Name: "day", Title: "Day", Type: report.Date},
	}
	return &report.Report{
		Kind: report.Billing, Title: "Billing report", Subject: "Acme GmbH", Organization: "acme", Basis: report.Known,
		Made: time.Date(2026, 11, 4, 5, 0, 0, 0, time.UTC), Notes: []string{"Telemetry is missing."},
		Period: report.Period{
			Name: "2026-10", Title: "October 2026", Window: "month", Zone: "UTC",
			Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		},
		Sections: []report.Section{{Name: "charges", Title: "Charges", Columns: all[:columns], Rows: report.Listed(rows), Totals: [][]report.Cell{{{Text: "Total"}}}}},
	}
}

var row = []report.Cell{{Text: "Transcription"}, {Text: "1234.5", Unit: "min"}, {Text: "0.25"}, {Text: "99.00"}, {At: time.Date(2026, 10, 7, 0, 0, 0, 0, time.UTC)}}

func TestALetterSaysTheKeyFacts(t *testing.T) {
	s := monthly(func(s *schedule.Schedule) { s.ID = "monthly-acme" })
	files := []deliver.File{{Name: "bill.pdf"}}
	m := message(&s, &Delivery{ID: "1"}, sample(4, row[:4]), files)
	require.Equal(t, "Billing report: Acme GmbH, October 2026", m.Subject)
	require.Equal(t, `Billing report
Acme GmbH

Period: October 2026 (1 Oct 2026 to 31 Oct 2026)
Time zone: UTC
Basis: as now known
Made: 4 Nov 2026 05:00 UTC

Charges
  Transcription: 1,234.5`+"\u00a0min, 25\u202f%, 99.00\u00a0EUR"+`
  Total

Telemetry is missing.

Attached:
  bill.pdf

Sent by the schedule "Monthly: Acme" (monthly-acme).
`, m.Text)
}

func TestALetterOfAWideOrLongTableIsReadable(t *testing.T) {
	s := monthly()
	of := func(r *report.Report) string { return message(&s, &Delivery{}, r, nil).Text }
	require.Contains(t, of(sample(5, row)), "  Meter: Transcription\n  Used: 1,234.5\u00a0min\n")
	require.Contains(t, of(sample(5, row)), "  Day: 7 Oct 2026\n")
	require.Contains(t, of(sample(5, row, row, row, row)), "  The rows are in the attached files.\n  Meter: Total\n")
	require.NotContains(t, of(sample(5, row, row, row, row)), "Transcription")
	require.Contains(t, of(sample(4)), "Nothing to report.")

	users := sample(4, row[:4])
	users.Kind = report.Users
	require.NotContains(t, of(users), "Transcription", "who the users are is in the files")

	unreadable := sample(4)
	unreadable.Sections[0].Rows = func(yield func([]report.Cell, error) bool) { yield(nil, errors.New("disk")) }
	require.Contains(t, of(unreadable), "Charges")
}

func TestACallSaysWhatTheReportIsAbout(t *testing.T) {
	s := monthly(func(s *schedule.Schedule) { s.ID = "monthly-acme" })
	period := schedule.Period{Window: "month", Name: "2026-10", Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	got, err := json.Marshal(message(&s, &Delivery{ID: "1", Test: true, Period: period}, sample(4), nil).About)
	require.NoError(t, err)
	require.JSONEq(t, `{
		"delivery": "1", "schedule": "monthly-acme", "name": "Monthly: Acme", "test": true,
		"report": "billing", "title": "Billing report", "subject": "Acme GmbH", "organization": "acme",
		"period": {"window": "month", "name": "2026-10", "start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
		"basis": "known", "made": "2026-11-04T05:00:00Z", "notes": ["Telemetry is missing."]
	}`, string(got))
}
