// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package xlsx

import (
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// mostDigits is how many of a number Excel keeps.
const mostDigits = 15

// cell returns a value as Excel holds it.
func (b *book) cell(c report.Column, cell report.Cell, total bool) any {
	look := style{bold: total, total: total, right: show.Numeric(c.Type)}
	if cell.Empty() {
		if total {
			return excelize.Cell{StyleID: b.style(look)}
		}
		return nil
	}
	switch c.Type {
	default: // a number
	case report.Text:
		return excelize.Cell{StyleID: b.style(look), Value: cell.Text}
	case report.Date:
		look.format = "yyyy-mm-dd"
		y, m, d := cell.At.Date()
		return excelize.Cell{StyleID: b.style(look), Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
	case report.Instant:
		look.format = "yyyy-mm-dd hh:mm:ss"
		return excelize.Cell{StyleID: b.style(look), Value: b.show.Wall(cell.At).Truncate(time.Second)}
	}
	number, err := strconv.ParseFloat(cell.Text, 64)
	if err != nil || digits(cell.Text) > mostDigits {
		return excelize.Cell{StyleID: b.style(look), Value: cell.Text}
	}
	look.format = format(c, cell)
	return excelize.Cell{StyleID: b.style(look), Value: number}
}

// digits counts those of a decimal number that are significant.
func digits(decimal string) int {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(decimal, "-"), ".")
	return len(strings.Trim(whole+strings.TrimRight(fraction, "0"), "0"))
}

// format returns how a number is shown: with the decimals that it has, and with
// its unit where its column's heading has none.
func format(c report.Column, cell report.Cell) string {
	if c.Type == report.Share {
		return "0.0%"
	}
	look := "#,##0"
	if _, fraction, ok := strings.Cut(cell.Text, "."); ok {
		look += "." + strings.Repeat("0", len(fraction))
	}
	unit := c.UnitOf(cell)
	switch {
	case unit == "":
		return look
	case c.Type == report.Money && isCurrency(unit):
		return look + " [$" + unit + "]"
	case unit == c.Unit:
		return look
	default:
		return look + ` "` + strings.ReplaceAll(unit, `"`, "") + `"`
	}
}

// isCurrency reports whether a unit is a code of ISO 4217, which a format takes
// as it is.
func isCurrency(unit string) bool {
	return len(unit) == 3 && strings.Trim(unit, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// style is how a cell looks.
type style struct {
	title, heading, bold, italic, total, right, wrapped bool
	format                                              string
}

func (b *book) style(s style) int {
	if id, ok := b.styles[s]; ok {
		return id
	}
	look := &excelize.Style{Font: &excelize.Font{Bold: s.title || s.heading || s.bold, Italic: s.italic, Family: "Calibri", Size: 11}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: s.wrapped}}
	if s.title {
		look.Font.Size = 16
	}
	if s.heading {
		look.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"#E3E6EC"}}
	}
	if s.total {
		look.Border = []excelize.Border{{Type: "top", Style: 1, Color: "#171A21"}}
	}
	look.Alignment.Horizontal = "left"
	if s.right {
		look.Alignment.Horizontal = "right"
	}
	if s.format != "" {
		look.CustomNumFmt = &s.format
	}
	id, err := b.file.NewStyle(look)
	if err != nil {
		panic(err) // colours, sizes and formats are ours
	}
	b.styles[s] = id
	return id
}
