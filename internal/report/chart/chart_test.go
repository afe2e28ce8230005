// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/xml"
	"errors"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tdewolff/canvas/renderers/svg"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

func TestAxesHaveRoundSteps(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		kind      report.Type
		want      []string
	}{
		{0, 1, report.Count, []string{"0", "1"}},
		{0, 3, report.Count, []string{"0", "1", "2", "3"}},
		{0, 63, report.Count, []string{"0", "20", "40", "60", "80"}},
		{0, 1_234_567, report.Count, []string{"0", "500,000", "1,000,000", "1,500,000"}},
		{-5, 12, report.Count, []string{"-5", "0", "5", "10", "15"}},
		{-0.7, 0, report.Amount, []string{"-0.8", "-0.6", "-0.4", "-0.2", "0.0"}},
		{0, 0.6, report.Share, []string{"0\u202f%", "10\u202f%", "20\u202f%", "30\u202f%", "40\u202f%", "50\u202f%", "60\u202f%"}},
		{0, 1e-6, report.Amount, []string{"0.0000000", "0.0000002", "0.0000004", "0.0000006", "0.0000008", "0.0000010"}},
		{0, 9.2e18, report.Amount, []string{"0", "2,000,000,000,000,000,000", "4,000,000,000,000,000,000", "6,000,000,000,000,000,000", "8,000,000,000,000,000,000", "10,000,000,000,000,000,000"}},
	} {
		a := axisOf(c.low, c.high, c.kind)
		var labels []string
		for _, v := range a.ticks() {
			labels = append(labels, a.label(v))
		}
		require.Equal(t, c.want, labels, "%v to %v", c.low, c.high)
		require.LessOrEqual(t, a.low, c.low)
		require.GreaterOrEqual(t, a.high, c.high)
	}
}

// section has a chart of rows, each a label and the values of the series.
func section(kind report.ChartKind, rows ...[]string) *report.Section {
	s := &report.Section{
		Columns: []report.Column{{Title: "Label"}, {Title: "One", Type: report.Count}, {Title: "Two", Type: report.Count}},
		Chart:   &report.Chart{Kind: kind, Title: "A <chart> & more", Label: 0, Values: []int{1, 2}, LimitTitle: "Limit"},
	}
	var cells [][]report.Cell
	for _, row := range rows {
		cells = append(cells, []report.Cell{{Text: row[0]}, {Text: row[1]}, {Text: row[2]}})
	}
	s.Rows = report.Listed(cells)
	return s
}

// drawn returns the texts of a chart and its numbers of lines and boxes.
func drawn(t *testing.T, s *report.Section) (texts []string, paths int) {
	t.Helper()
	c, err := Draw(typeset.New(), show.Of(&report.Report{}), s, 180)
	require.NoError(t, err)
	require.NotNil(t, c)
	var b strings.Builder
	width, height := c.Size()
	out := svg.New(&b, width, height, &svg.Options{})
	c.RenderTo(out)
	require.NoError(t, out.Close())
	require.NotContains(t, b.String(), "NaN")
	require.NotContains(t, b.String(), "Inf")
	decoder := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		token, err := decoder.Token()
		if err != nil {
			require.ErrorContains(t, err, "EOF")
			return texts, paths
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "path" {
				paths++
			}
		case xml.CharData:
			texts = append(texts, string(token))
		}
	}
}

func TestChartsSayWhatTheyShow(t *testing.T) {
	for _, kind := range []report.ChartKind{report.Bars, report.Ranks, report.Lines} {
		s := section(kind, []string{"<a>", "3", "4"}, []string{"شركة", "-2", ""}, []string{"c", "", "0"})
		s.Chart.Limit = "5"
		texts, paths := drawn(t, s)
		for _, want := range []string{"A <chart> & more", "One", "Two", "Limit: 5", "<a>", "شركة", "c"} {
			require.Contains(t, texts, want, "kind %d", kind)
		}
		require.Greater(t, paths, 5)
	}
}

func TestChartsBearWhateverThereIs(t *testing.T) {
	long := strings.Repeat("a long label ", 30)
	for _, kind := range []report.ChartKind{report.Bars, report.Ranks, report.Lines} {
		drawn(t, section(kind, []string{"none", "", ""}))
		drawn(t, section(kind, []string{"zero", "0", "0"}))
		drawn(t, section(kind, []string{long, "1", "1"}, []string{long, "1", "1"}))
		drawn(t, section(kind, []string{"below", "-3", "-4"}))
		drawn(t, section(kind, []string{"huge", "92233720368547758070", "0.000001"}))
		many := make([][]string, Most(kind)+10)
		for i := range many {
			many[i] = []string{"point " + strconv.Itoa(i), strconv.Itoa(i % 7), strconv.Itoa(i % 3)}
		}
		texts, _ := drawn(t, section(kind, many...))
		require.NotContains(t, texts, "point "+strconv.Itoa(Most(kind)))
		require.Less(t, len(texts), 40, "labels are thinned out")
	}
	none, err := Draw(typeset.New(), show.Of(&report.Report{}), section(report.Bars), 180)
	require.NoError(t, err)
	require.Nil(t, none)
	broken := section(report.Bars)
	broken.Rows = func(yield func([]report.Cell, error) bool) { yield(nil, errors.New("disk is gone")) }
	_, err = Draw(typeset.New(), show.Of(&report.Report{}), broken, 180)
	require.EqualError(t, err, "disk is gone")
}

func TestBarsStandOnOneAnother(t *testing.T) {
	for kind, want := range map[report.ChartKind][2]float64{report.Bars: {-6, 7}, report.Ranks: {-6, 7}, report.Lines: {-4, 4}} {
		s := section(kind, []string{"a", "3", "4"}, []string{"b", "-2", "-4"})
		p, err := read(show.Of(&report.Report{}), s)
		require.NoError(t, err)
		low, high := (&drawing{chart: s.Chart, points: p}).extent()
		require.Equal(t, want, [2]float64{low, high})
	}
	require.True(t, math.IsNaN(number("")))
}

func TestTimesOfOneYearGoWithoutIt(t *testing.T) {
	day := func(y, d int) report.Cell { return report.Cell{At: time.Date(y, 12, d, 14, 5, 0, 0, time.UTC)} }
	for _, c := range []struct {
		kind report.Type
		rows [][]report.Cell
		want []string
	}{
		{report.Date, [][]report.Cell{{day(2026, 30), {}, {}}, {day(2026, 31), {}, {}}}, []string{"30 Dec", "31 Dec"}},
		{report.Instant, [][]report.Cell{{day(2026, 30), {}, {}}}, []string{"30 Dec 14:05"}},
		{report.Date, [][]report.Cell{{day(2026, 31), {}, {}}, {day(2027, 1), {}, {}}}, []string{"31 Dec 2026", "1 Dec 2027"}},
		{report.Text, [][]report.Cell{{{Text: "Cycle 0001"}, {}, {}}}, []string{"Cycle 0001"}},
	} {
		s := section(report.Bars)
		s.Columns[0].Type, s.Rows = c.kind, report.Listed(c.rows)
		p, err := read(show.Of(&report.Report{}), s)
		require.NoError(t, err)
		require.Equal(t, c.want, p.labels)
	}
}

// The dashboards measure that the colours differ for every kind of colour vision.
func TestColoursAreThoseOfTheDashboards(t *testing.T) {
	source, err := os.ReadFile("../../../dashboards/src/style.ts")
	require.NoError(t, err)
	theirs := map[string]bool{}
	for _, colour := range regexp.MustCompile(`#[0-9a-f]{6}`).FindAllString(string(source), -1) {
		theirs[colour] = true
	}
	ours := map[string]bool{}
	for i := range colours {
		require.True(t, theirs[Colour(i)], Colour(i))
		ours[Colour(i)] = true
	}
	require.Len(t, ours, len(theirs))
}
