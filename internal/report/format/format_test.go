// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

func TestWhatIsNotToBeHadIsNamed(t *testing.T) {
	_, err := Of("doc")
	require.EqualError(t, err, `format "doc": use one of pdf, xlsx, csv, json, ndjson, html`)
	for _, f := range All {
		err := f.Write(&bytes.Buffer{}, fixture(1), "users")
		if f.OneSection {
			require.EqualError(t, err, `section "users": a billing report has charges, days, languages, curve, adjustments`)
		} else {
			require.EqualError(t, err, `section "users": `+f.Name+` has all sections of a report: leave it out`)
		}
	}
}

func TestFilesHaveNamesThatEverySystemTakes(t *testing.T) {
	csv, err := Of("csv")
	require.NoError(t, err)
	for _, c := range []struct {
		organization, reseller, section, want string
	}{
		{"acme", "", "", "billing_acme_2026-10.csv"},
		{"", "north", "charges", "billing_north_2026-10_charges.csv"},
		{"", "", "", "billing_2026-10.csv"},
		{"../../etc/passwd", "", "", "billing_etc-passwd_2026-10.csv"},
		{"a\r\nSet-Cookie: x=\"1\"", "", "", "billing_a--Set-Cookie--x--1_2026-10.csv"},
		{"北京", "", "", "billing_2026-10.csv"},
	} {
		r := fixture(0)
		r.Organization, r.Reseller = c.organization, c.reseller
		require.Equal(t, c.want, csv.FileName(r, c.section))
	}
}

func TestARowThatCannotBeReadFailsTheReport(t *testing.T) {
	for _, f := range All {
		r := fixture(3)
		for i := range r.Sections {
			rows := r.Sections[i].Rows
			r.Sections[i].Rows = func(yield func([]report.Cell, error) bool) {
				for row, err := range rows {
					if !yield(row, err) {
						return
					}
				}
				yield(nil, errors.New("disk is gone"))
			}
		}
		require.EqualError(t, f.Write(&bytes.Buffer{}, r, ""), "disk is gone", f.Name)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestAReportThatCannotBeWrittenIsNone(t *testing.T) {
	for _, f := range All {
		require.ErrorContains(t, f.Write(full{}, fixture(3), ""), "disk is full", f.Name)
	}
}

// Whoever asked has gone: the ledger is not read to its end for nobody.
func TestRowsAreReadAsLongAsSomebodyTakesThem(t *testing.T) {
	for _, name := range []string{"csv", "json", "ndjson"} {
		f, err := Of(name)
		require.NoError(t, err)
		r := fixture(0)
		r.Sections[0].Rows = func(yield func([]report.Cell, error) bool) {
			for yield(row(5), nil) {
				continue
			}
		}
		require.EqualError(t, f.Write(full{}, r, ""), "disk is full", name)
	}
}

func TestOfVeryManyRowsPeopleSeeTheFirst(t *testing.T) {
	const rows = show.MostRows + 5
	page := string(written(t, "html", fixture(rows), ""))
	require.Contains(t, page, "The first 10,000 of 10,005 rows: CSV, Excel and JSON have them all.")
	require.NotContains(t, page, show.Of(fixture(0)).Cell(columns[1], row(rows - 1)[1]))
}
