// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Month is a calendar month.
type Month struct {
	Year  int
	Month time.Month
}

// ParseMonth reads a month as 2026-10.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return Month{}, fmt.Errorf("%q is no month: use one as 2026-10", s)
	}
	return Month{t.Year(), t.Month()}, nil
}

// String returns the month as ParseMonth reads it.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, m.Month) }

func (m Month) before(other Month) bool {
	return m.Year < other.Year || m.Year == other.Year && m.Month < other.Month
}

// half is far enough into a month, from either end, to lie in it whatever the
// time zone.
const half = 14 * 24 * time.Hour

// monthOf returns the calendar month that contains an instant. Its name is
// that of its middle: an earlier zone's midnight may lie in the month before by
// the zone of today.
func monthOf(c *calendar.Calendar, t time.Time) Month {
	p := c.Period(usage.Month, t)
	middle := p.Start.Add(p.End.Sub(p.Start) / 2).In(c.Zone())
	return Month{middle.Year(), middle.Month()}
}

// begins returns the month that a billing window begins in.
func begins(c *calendar.Calendar, k usage.Kind, p calendar.Period) Month {
	if k == usage.Cycle {
		return monthOf(c, p.Start)
	}
	return monthOf(c, p.Start.Add(half))
}

// ends returns the month that a billing window ends in: that of its last
// instant.
func ends(c *calendar.Calendar, k usage.Kind, p calendar.Period) Month {
	if k == usage.Cycle {
		return monthOf(c, p.End.Add(-1))
	}
	return monthOf(c, p.End.Add(-half))
}

// period returns a calendar month of the account.
func (a *Account) period(m Month) calendar.Period {
	return a.Calendar.Period(usage.Month, a.Calendar.StartOf(usage.Date{Year: m.Year, Month: m.Month, Day: 1}).Add(half))
}
