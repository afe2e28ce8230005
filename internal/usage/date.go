// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a civil date; the zero Date is before all others.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date as users write it: 2026-01-31.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date: use one as 2026-01-31", s)
	}
	return DateOf(t), nil
}

// DateOf returns the civil date of a time in its own zone.
func DateOf(t time.Time) Date { return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }

// Compare orders dates by time.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// IsZero reports whether it is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as ParseDate reads it.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}
