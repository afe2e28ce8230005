// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Span is a period as people name it, whatever the zone: 2026-10 begins in
// Berlin two hours before it begins in London.
type Span struct {
	Name   string // "2026-10"
	Title  string // "October 2026"
	Window usage.Window
	// Start is the first civil date of the period, End the first one that is
	// not in it. A billing cycle begins on a day from Start on and before End,
	// which depends on the organization.
	Start, End usage.Date
}

const periodForms = "write a year as 2026, a half as 2026-H2, a quarter as 2026-Q4, a month as 2026-10, a week as 2026-W44, a day as 2026-10-15, or a billing cycle, by the month in which it begins, as 2026-10 with window=cycle"

// ParseSpan reads a period. The window is "" unless a billing cycle is meant:
// the form of the name tells the others.
func ParseSpan(name, window string) (Span, error) {
	s, err := parseSpan(name)
	if err != nil {
		return Span{}, fmt.Errorf("period: %q: %w; %s", name, err, periodForms)
	}
	if window == "" || window == s.Window.String() {
		return s, nil
	}
	if window == usage.Cycle.String() && s.Window.Kind == usage.Month {
		s.Window, _ = usage.ParseWindow(window) // it is one
		s.Title = "Billing cycle from " + s.Title + " on"
		return s, nil
	}
	return Span{}, fmt.Errorf("window: %q: the period %s is a %s; leave the window out, or %s", window, name, s.Window, periodForms)
}

var errNoPeriod = errors.New("no such period")

func parseSpan(name string) (Span, error) {
	if t, err := time.Parse(time.DateOnly, name); err == nil {
		return span(name, t.Format("2 January 2006"), "day", t, t.AddDate(0, 0, 1))
	}
	if t, err := time.Parse("2006-01", name); err == nil {
		return span(name, t.Format("January 2006"), "month", t, t.AddDate(0, 1, 0))
	}
	if t, err := time.Parse("2006", name); err == nil {
		return span(name, name, "year", t, t.AddDate(1, 0, 0))
	}
	text, part, found := strings.Cut(name, "-")
	year, err := time.Parse("2006", text)
	if !found || err != nil || part == "" {
		return Span{}, errNoPeriod
	}
	n, err := strconv.Atoi(part[1:])
	if err != nil || part != part[:1]+fmt.Sprintf("%0*d", map[byte]int{'W': 2}[part[0]], n) {
		return Span{}, errNoPeriod
	}
	switch {
	case part[0] == 'H' && n >= 1 && n <= 2:
		t := year.AddDate(0, 6*(n-1), 0)
		return span(name, fmt.Sprintf("%s half of %s", [...]string{"First", "Second"}[n-1], text), "half", t, t.AddDate(0, 6, 0))
	case part[0] == 'Q' && n >= 1 && n <= 4:
		t := year.AddDate(0, 3*(n-1), 0)
		return span(name, fmt.Sprintf("Quarter %d of %s", n, text), "quarter", t, t.AddDate(0, 3, 0))
	case part[0] == 'W' && n >= 1 && n <= 53:
		t := year.AddDate(0, 0, 3) // 4 January is in week 1
		t = t.AddDate(0, 0, 7*(n-1)-(int(t.Weekday())+6)%7)
		if y, w := t.ISOWeek(); y != year.Year() || w != n {
			return Span{}, errors.New("that year has no such week")
		}
		return span(name, fmt.Sprintf("Week %d of %s", n, text), "week", t, t.AddDate(0, 0, 7))
	}
	return Span{}, errNoPeriod
}

func span(name, title, window string, start, end time.Time) (Span, error) {
	w, err := usage.ParseWindow(window)
	return Span{name, title, w, usage.DateOf(start), usage.DateOf(end)}, err
}

// SpanOf returns the span of a window that a civil date lies in: of a billing
// cycle, the one that is named by that date's month.
func SpanOf(w usage.Window, d usage.Date) (Span, error) {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	switch w.Kind {
	case usage.Day:
		return ParseSpan(t.Format(time.DateOnly), "")
	case usage.Week:
		year, week := t.ISOWeek()
		return ParseSpan(fmt.Sprintf("%04d-W%02d", year, week), "")
	case usage.Month, usage.Cycle:
		return ParseSpan(t.Format("2006-01"), w.String())
	case usage.Quarter:
		return ParseSpan(fmt.Sprintf("%04d-Q%d", d.Year, (int(d.Month)+2)/3), "")
	case usage.Half:
		return ParseSpan(fmt.Sprintf("%04d-H%d", d.Year, (int(d.Month)+5)/6), "")
	case usage.Year:
		return ParseSpan(fmt.Sprintf("%04d", d.Year), "")
	case usage.Hour, usage.Rolling: // no report is of these
	}
	return Span{}, fmt.Errorf("window: %q: a report is of a day, week, month, cycle, quarter, half or year", w)
}

// Running returns the span of a window that runs on a civil date, or the one
// before it. A billing cycle begins on the anchor day, or on the last day of a
// shorter month.
func Running(w usage.Window, today usage.Date, anchor int, before bool) (Span, error) {
	if w.Kind == usage.Cycle {
		last := time.Date(today.Year, today.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()
		if today.Day < min(anchor, last) {
			today = usage.DateOf(time.Date(today.Year, today.Month, 0, 0, 0, 0, 0, time.UTC))
		}
	}
	s, err := SpanOf(w, today)
	if err != nil || !before {
		return s, err
	}
	return SpanOf(w, usage.DateOf(date(s.Start).At.AddDate(0, 0, -1)))
}

// Begun reports whether the span may have begun on a civil date.
func (s Span) Begun(today usage.Date) bool { return today.Compare(s.Start) >= 0 }

// Over reports whether the span is over before a civil date, wherever in it a
// billing cycle begins.
func (s Span) Over(today usage.Date) bool {
	end := s.End
	if s.Window.Kind == usage.Cycle {
		end = usage.DateOf(date(s.End).At.AddDate(0, 1, 0))
	}
	return today.Compare(end) >= 0
}

// Has reports whether a period that begins on a civil date is this one. A zone
// that has changed, like an anchor day, lets one begin within the span.
func (s Span) Has(start usage.Date) bool {
	return start.Compare(s.Start) >= 0 && start.Compare(s.End) < 0
}
