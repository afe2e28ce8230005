// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledongthuc/pdf"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// rows is how many the reports have that are read back.
const rows = 1000

// expected returns the values of a row: texts as they are, numbers with their
// digits, times as RFC 3339.
func expected(n int) []string {
	var values []string
	for i, cell := range row(n) {
		switch {
		case cell.Empty():
			values = append(values, "")
		case columns[i].Type == report.Date:
			values = append(values, cell.At.Format(time.DateOnly))
		case columns[i].Type == report.Instant:
			values = append(values, cell.At.Format(time.RFC3339))
		default:
			values = append(values, cell.Text)
		}
	}
	return values
}

// unit is that of the column used.
func unit(n int) string { return columns[3].UnitOf(row(n)[3]) }

// unguarded is a text without the apostrophes that keep it one, and with the
// line ends that a reader of CSV makes of others.
func unguarded(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "'", ""), "\r\n", "\n")
}

func TestCSVHasTheFigures(t *testing.T) {
	back, err := csv.NewReader(bytes.NewReader(written(t, "csv", fixture(rows), ""))).ReadAll()
	require.NoError(t, err)
	require.Len(t, back, 1+rows)
	require.Equal(t, []string{"organization", "registered", "audio", "used", "used_unit", "total", "price", "share", "since", "last_action"}, back[0])
	for n, got := range back[1:] {
		want := expected(n)
		require.Equal(t, unguarded(want[0]), unguarded(got[0]))
		require.Equal(t, []string{want[1], want[2], want[3], unit(n), want[4], want[5], want[6], want[7], want[8]}, got[1:])
		require.NotContains(t, "=+-@＝＋－＠\t\r\n", (got[0] + "x")[:1])
	}
}

// members are those of a row in JSON, in the order of expected, and the unit.
func members(t *testing.T, row map[string]any) (values []string, unit string) {
	t.Helper()
	text := func(name string) string {
		value, ok := row[name]
		require.True(t, ok, name)
		switch value := value.(type) {
		case nil:
			return ""
		case json.Number:
			return value.String()
		default:
			return value.(string)
		}
	}
	for _, c := range columns {
		values = append(values, text(c.Name))
	}
	return values, text("used_unit")
}

func TestJSONHasTheFigures(t *testing.T) {
	decoder := json.NewDecoder(bytes.NewReader(written(t, "json", fixture(rows), "")))
	decoder.UseNumber()
	var back struct {
		Sections []struct {
			Name         string
			Rows, Totals []map[string]any
		}
	}
	require.NoError(t, decoder.Decode(&back))
	require.Len(t, back.Sections, 5)
	require.Len(t, back.Sections[0].Rows, rows)
	lines := bytes.Split(bytes.TrimSpace(written(t, "ndjson", fixture(rows), "charges")), []byte("\n"))
	require.Len(t, lines, rows)
	for n, object := range back.Sections[0].Rows {
		values, of := members(t, object)
		require.Equal(t, expected(n), values)
		require.Equal(t, unit(n), of)
		var line map[string]any
		decoder := json.NewDecoder(bytes.NewReader(lines[n]))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&line))
		require.Equal(t, object, line)
	}
	require.Equal(t, "9007199254740993.25", back.Sections[0].Totals[0]["total"])
	languages := back.Sections[2].Rows
	require.Equal(t, json.Number("9007199254740991"), languages[0]["huge"])
	require.Equal(t, "9007199254740992", languages[1]["huge"], "floating point has not all whole numbers from here on")
	require.Equal(t, "92233720368547758070", languages[2]["huge"])
	require.Empty(t, back.Sections[4].Rows)
}

func TestExcelHasTheFigures(t *testing.T) {
	file, err := excelize.OpenReader(bytes.NewReader(written(t, "xlsx", fixture(rows), "")))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	require.Equal(t, []string{"Report", "Charges", "Days", "Languages all", "Languages all 2", "Adjustments"}, file.GetSheetList())
	back, err := file.GetRows("Charges", excelize.Options{RawCellValue: true})
	require.NoError(t, err)
	require.Len(t, back, 1+rows+1)
	require.Equal(t, []string{"Organization", "Registered users", "Audio (h)", "Used", "Total (EUR)", "Price", "Share", "Since", "Last action (Europe/Berlin)"}, back[0])
	for n := range rows {
		want, got := expected(n), back[1+n]
		got = append(got, make([]string, len(want)-len(got))...)
		require.Equal(t, sameLine(want[0]), sameLine(got[0]))
		for i := 1; i <= 6; i++ {
			requireNumber(t, want[i], got[i])
		}
		requireTime(t, row(n)[7].At, got[7])
		requireTime(t, row(n)[8].At, got[8])
		for i := range columns {
			name, err := excelize.CoordinatesToCellName(i+1, n+2)
			require.NoError(t, err)
			formula, err := file.GetCellFormula("Charges", name)
			require.NoError(t, err)
			require.Empty(t, formula)
			kind, err := file.GetCellType("Charges", name)
			require.NoError(t, err)
			if want[i] != "" {
				require.Equal(t, i == 0, kind == excelize.CellTypeInlineString, "%s: %v", name, kind)
			}
		}
	}
	require.Equal(t, "9007199254740993.25", back[1+rows][4], "more digits than Excel keeps are a text")
	shown, err := file.GetRows("Charges")
	require.NoError(t, err)
	require.Equal(t, []string{"28", "6.000002", "2.5 min", "2,468.02 EUR", "2.002 EUR", "0.2%", "2026-10-03", "2026-10-03 00:02:02"}, shown[3][1:])
	none, err := file.GetRows("Adjustments")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"Amount (EUR)"}, {"No adjustments of earlier periods."}}, none)
}

// sameLine is a text as XML keeps it.
func sameLine(text string) string { return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text) }

func requireNumber(t *testing.T, want, got string) {
	t.Helper()
	if want == "" {
		require.Empty(t, got)
		return
	}
	wanted, err := strconv.ParseFloat(want, 64)
	require.NoError(t, err)
	found, err := strconv.ParseFloat(got, 64)
	require.NoError(t, err)
	require.Equal(t, strconv.FormatFloat(wanted, 'g', 15, 64), strconv.FormatFloat(found, 'g', 15, 64))
}

func requireTime(t *testing.T, want time.Time, got string) {
	t.Helper()
	if want.IsZero() {
		require.Empty(t, got)
		return
	}
	days, err := strconv.ParseFloat(got, 64)
	require.NoError(t, err)
	wall := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(math.Round(days*86400)) * time.Second)
	require.Equal(t, want.Format(time.DateTime), wall.Format(time.DateTime))
}

// seen is how people read a row.
func seen(n int) []string {
	reader := show.Of(fixture(0))
	var all []string
	for i, cell := range row(n) {
		text := reader.Cell(columns[i], cell)
		if text == "" {
			text = show.Missing
		}
		all = append(all, text)
	}
	return all
}

// texts returns the texts of the cells below a node, by row.
func texts(node *html.Node) [][]string {
	var all [][]string
	for n := range node.Descendants() {
		switch {
		case n.Type == html.ElementNode && n.Data == "tr":
			all = append(all, nil)
		case n.Type == html.ElementNode && n.Data == "td":
			all[len(all)-1] = append(all[len(all)-1], "")
		case n.Type == html.TextNode && n.Parent.Data == "td":
			last := all[len(all)-1]
			last[len(last)-1] += n.Data
		}
	}
	return all
}

func TestHTMLHasTheFigures(t *testing.T) {
	page, err := html.Parse(bytes.NewReader(written(t, "html", fixture(rows), "")))
	require.NoError(t, err)
	var tables [][][]string
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		require.NotContains(t, []string{"script", "img", "link", "iframe", "b"}, n.Data, "names are texts, and the page needs nothing else")
		if n.Data == "table" {
			tables = append(tables, texts(n))
		}
	}
	require.Len(t, tables, 5)
	require.Len(t, tables[0], 1+rows+1)
	for n := range rows {
		want, got := seen(n), tables[0][1+n]
		require.Equal(t, sameLine(want[0]), sameLine(got[0]))
		require.Equal(t, want[1:], got[1:])
	}
	require.Equal(t, []string{"Total", "123,456,789", "", "", "9,007,199,254,740,993.25", "", "", "", ""}, tables[0][1+rows])
}

func TestPDFHasTheFigures(t *testing.T) {
	document := written(t, "pdf", fixture(rows), "")
	require.Less(t, len(document), 400_000, "fonts are subset")
	back, err := pdf.NewReader(bytes.NewReader(document), int64(len(document)))
	require.NoError(t, err)
	var all strings.Builder
	for n := range back.NumPage() {
		for _, piece := range back.Page(n + 1).Content().Text {
			all.WriteString(piece.S)
		}
		require.Contains(t, all.String(), strconv.Itoa(n+1)+" / "+strconv.Itoa(back.NumPage()))
	}
	text := strings.ReplaceAll(all.String(), "\ufffd", "") // what the reader makes of a blank between two texts
	for n := range rows {
		figures := strings.Join(seen(n)[1:], "")
		at := strings.Index(text, figures)
		require.GreaterOrEqual(t, at, 0, "row %d: %s", n, figures)
		text = text[at:]
	}
	require.Contains(t, text, "Total123,456,7899,007,199,254,740,993.25")
	require.Contains(t, text, "No adjustments of earlier periods.")
	require.Contains(t, all.String(), "北京大学")
	require.Contains(t, all.String(), "figures may be too low", "two letters are two, so that they are found")
	require.Equal(t, "Billing report, Acme & Söhne <GmbH>, October 2026", back.Trailer().Key("Info").Key("Title").Text())
}
