// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package show says how a report reads to people, whatever they read it in: 25 %,
// 1,234.50 EUR, 31 Oct 2026. No digit of an amount or of money is left out.
package show

import (
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

const (
	// Missing stands for what is not known.
	Missing = "–"
	// Empty stands for a table without rows that has no words of its own.
	Empty = "Nothing to report."
	// MostRows is how many rows of a table are shown to people: a hundred
	// thousand are for programs, and would be three thousand pages.
	MostRows = 10_000

	thin = "\u202f" // a narrow space that no line breaks at
)

// Reader shows a report.
type Reader struct{ report *report.Report }

// Of returns what shows a report.
func Of(r *report.Report) Reader { return Reader{r} }

// Heading names a column, with the unit or the time zone of its cells.
func (r Reader) Heading(c report.Column) string {
	switch {
	case c.Type == report.Instant && r.report.Period.Zone != "":
		return c.Title + " (" + r.report.Period.Zone + ")"
	case c.Type == report.Instant:
		return c.Title + " (UTC)"
	case c.Unit != "" && (c.Type == report.Amount || c.Type == report.Money):
		return c.Title + " (" + c.Unit + ")"
	default:
		return c.Title
	}
}

// Cell shows a value, "" for an empty one. A unit is with it only where its
// column's heading has none.
func (r Reader) Cell(c report.Column, cell report.Cell) string {
	if cell.Empty() {
		return ""
	}
	switch c.Type {
	case report.Count, report.Number:
		return Number(cell.Text)
	case report.Amount, report.Money:
		if unit := c.UnitOf(cell); unit != c.Unit {
			return Number(cell.Text) + "\u00a0" + unit
		}
		return Number(cell.Text)
	case report.Share:
		return Percent(cell.Text)
	case report.Date:
		return Date(cell.At)
	case report.Instant:
		return r.Wall(cell.At).Format("2 Jan 2006 15:04")
	default:
		return cell.Text
	}
}

// Wall returns an instant with the clock that the report's readers have: its
// zone's, or that of UTC where organizations have their own.
func (r Reader) Wall(at time.Time) time.Time {
	if r.report.Period.Zone == "" {
		return at.UTC()
	}
	return at
}

// Numeric reports whether the cells of a type stand at the right.
func Numeric(t report.Type) bool {
	return t == report.Count || t == report.Number || t == report.Amount || t == report.Money || t == report.Share
}

// Number puts commas between the thousands of a decimal number.
func Number(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if strings.IndexFunc(whole+fraction, func(r rune) bool { return !unicode.IsDigit(r) }) >= 0 {
		return sign + digits
	}
	fraction = digits[len(whole):]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + fraction
}

var (
	one     = decimal.NewFromInt(1)
	hundred = decimal.NewFromInt(100)
)

// Percent shows a share with a decimal. Only nothing is 0 %, and only all is
// 100 %.
func Percent(share string) string {
	exact, err := decimal.NewFromString(share)
	if err != nil {
		return share
	}
	shown := exact.Mul(hundred).Round(1)
	switch {
	case shown.IsZero() && exact.IsPositive():
		return "<" + thin + "0.1" + thin + "%"
	case shown.IsZero() && exact.IsNegative():
		return ">" + thin + "-0.1" + thin + "%"
	case shown.Equal(hundred) && exact.LessThan(one):
		return "99.9" + thin + "%"
	case shown.Equal(hundred) && exact.GreaterThan(one):
		return "100.1" + thin + "%"
	default:
		return Number(shown.String()) + thin + "%"
	}
}

// Date shows the civil date of a time in its zone.
func Date(at time.Time) string { return at.Format("2 Jan 2006") }
