// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

func users(n int) *report.Report {
	return &report.Report{Title: "Users", Sections: []report.Section{{
		Name: "users", Title: "Users", Columns: []report.Column{{Name: "user", Title: "User"}, {Name: "n", Title: "Number", Type: report.Count}},
		Rows: func(yield func([]report.Cell, error) bool) {
			for i := range n {
				if !yield([]report.Cell{{Text: "u"}, {Text: strconv.Itoa(i)}}, nil) {
					return
				}
			}
		},
		Totals: [][]report.Cell{{{Text: "Total"}, {Text: strconv.Itoa(n)}}},
	}}}
}

func open(t *testing.T, document []byte) *excelize.File {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(document))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return file
}

// A sheet ends at a row, and a report goes on in the next one.
func TestWhatASheetCannotHoldIsOnTheNext(t *testing.T) {
	const limit = 10
	for n := range 40 {
		var b bytes.Buffer
		require.NoError(t, write(&b, users(n), limit))
		file := open(t, b.Bytes())
		var numbers []string
		sheets := file.GetSheetList()[1:]
		require.Equal(t, "Users", sheets[0])
		for i, sheet := range sheets {
			rows, err := file.GetRows(sheet)
			require.NoError(t, err)
			require.LessOrEqual(t, len(rows), limit)
			require.Equal(t, []string{"User", "Number"}, rows[0])
			if i == len(sheets)-1 {
				require.Equal(t, []string{"Total", strconv.Itoa(n)}, rows[len(rows)-1])
				rows = rows[:len(rows)-1]
			}
			for _, row := range rows[1:] {
				if n > 0 {
					numbers = append(numbers, row[1])
				}
			}
		}
		require.Len(t, numbers, n)
		for i, number := range numbers {
			require.Equal(t, strconv.Itoa(i), number)
		}
	}
}

func TestSheetsHaveNamesThatExcelTakes(t *testing.T) {
	b := &book{taken: map[string]bool{}}
	for _, title := range []string{
		"Report", "report", "History", "a/b:c*d?e[f]g\\h", "'quoted'", "", "''", strings.Repeat("x", 40), strings.Repeat("x", 41), strings.Repeat("😀", 30), "北京大学",
		"a\x00b\xff", strings.Repeat("y", 30) + "'s",
	} {
		for nth := range 12 {
			name := b.name(title, nth+1)
			file := excelize.NewFile()
			_, err := file.NewSheet(name)
			require.NoError(t, err, "%q of %q", name, title)
			require.NoError(t, file.Close())
			require.True(t, utf8.ValidString(name), name)
			require.NotEqual(t, "history", strings.ToLower(name))
		}
	}
	require.Equal(t, "REPORT 25", b.name("REPORT", 1), "names differ by more than the size of letters")
}

func TestNumbersOfManyDigitsAreTexts(t *testing.T) {
	for decimal, want := range map[string]int{
		"0": 0, "-12.50": 3, "1000": 1, "0.000001": 1, "-9200000000000.000001": 19, "123456789012345": 15, "1234567890123456": 16, "100.0": 1,
	} {
		require.Equal(t, want, digits(decimal), decimal)
	}
}

func TestFormatsShowUnits(t *testing.T) {
	for _, c := range []struct {
		column report.Column
		cell   report.Cell
		want   string
	}{
		{report.Column{Type: report.Count}, report.Cell{Text: "1"}, "#,##0"},
		{report.Column{Type: report.Share}, report.Cell{Text: "0.25"}, "0.0%"},
		{report.Column{Type: report.Amount}, report.Cell{Text: "1.250000"}, "#,##0.000000"},
		{report.Column{Type: report.Amount, Unit: "h"}, report.Cell{Text: "1.5"}, "#,##0.0"},
		{report.Column{Type: report.Amount}, report.Cell{Text: "1", Unit: `"; x"`}, `#,##0 "; x"`},
		{report.Column{Type: report.Money, Unit: "EUR"}, report.Cell{Text: "1.50"}, "#,##0.00 [$EUR]"},
		{report.Column{Type: report.Money}, report.Cell{Text: "1.500", Unit: "KWD"}, "#,##0.000 [$KWD]"},
		{report.Column{Type: report.Money}, report.Cell{Text: "1", Unit: "points"}, `#,##0 "points"`},
	} {
		require.Equal(t, c.want, format(c.column, c.cell), "%+v", c)
	}
}

// part returns a file of a workbook.
func part(t *testing.T, document []byte, name string) string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(document), int64(len(document)))
	require.NoError(t, err)
	text, err := fs.ReadFile(archive, name)
	require.NoError(t, err)
	return string(text)
}

func TestTablesAreMadeForWork(t *testing.T) {
	var b bytes.Buffer
	r := users(5)
	r.Sections[0].Chart = &report.Chart{Kind: report.Lines, Title: "Numbers", Label: 0, Values: []int{1}, Limit: "3", LimitTitle: "Most"}
	require.NoError(t, Write(&b, r))
	file := open(t, b.Bytes())
	panes, err := file.GetPanes("Users")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	var names []string
	for _, name := range file.GetDefinedName() {
		names = append(names, name.Name+" "+name.RefersTo)
	}
	require.Contains(t, names, "_xlnm._FilterDatabase 'Users'!$A$1:$B$6", "totals are not filtered")
	require.Contains(t, names, "_xlnm.Print_Titles 'Users'!$1:$1")
	chart := part(t, b.Bytes(), "xl/charts/chart1.xml")
	for _, want := range []string{"&#39;Users&#39;!$A$2:$A$6", "&#39;Users&#39;!$B$2:$B$6", "Numbers (Most: 3)", `<auto val="0">`} {
		require.Contains(t, chart, want)
	}
}

func TestARowThatCannotBeReadFailsTheReport(t *testing.T) {
	r := users(1)
	r.Sections[0].Rows = func(yield func([]report.Cell, error) bool) { yield(nil, errors.New("disk is gone")) }
	require.EqualError(t, Write(&bytes.Buffer{}, r), "disk is gone")
}
