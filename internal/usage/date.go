// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
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
	return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

// IsZero reports whether it is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// String returns the date as ParseDate reads it.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}
