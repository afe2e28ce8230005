// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package billing turns the used amounts of closed windows into money, by
// section 7 of docs/semantics.md; docs/billing.md has examples by hand.
//
// An [Account] is what the catalogue and the statements say of one
// organization. [Account.Report] is the billing report of one calendar month: a
// row for each billing window that ends in it, the month's subscription, and
// adjustments of windows that were billed before and changed since.
//
//	statement versions --at an instant--> charges of each window --> rows
//	                                      charges then - charges at the report before --> adjustments
//
// Nothing that was delivered is kept here, neither amounts nor marks: they are
// computed again from the versions that were current at the delivery. So the
// rows and adjustments of all delivered reports always add up to what the
// current versions cost from scratch, and a report that is made again has the
// figures that it was delivered with.
//
// The package is pure: it reads no clock and no file. Amounts are millionths,
// money is exact decimals.
package billing

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Plan says how overage is charged.
type Plan string

// The plans.
const (
	// Traditional charges each window's overage for that window.
	Traditional Plan = "traditional"
	// Fair charges what exceeds the highest overage so far for the remainder
	// of the term.
	Fair Plan = "fair"
)

// Account is an organization as it is billed.
type Account struct {
	Organization string
	ClientID     string
	Subdomain    string
	Currency     string
	// Digits is the number of decimals of the currency's minor unit.
	Digits int32
	// Calendar cuts billing windows and calendar months.
	Calendar *calendar.Calendar

	Plan Plan // "": overage is not charged
	// TermStart lies in the first billing window of the first term; the zero
	// Date: billing has no beginning and windows are in no term.
	TermStart usage.Date
	// TermMonths is a multiple of the months of each quota's window; 0 where
	// there is no term.
	TermMonths int
	// Subscription is the amount per calendar month; not valid: none.
	Subscription decimal.NullDecimal
	// Payments is the payment status of windows by the calendar month that
	// they begin in.
	Payments map[Month]string

	// Quotas that have or had a price, in the order of their rows.
	Quotas []Quota
	// Delivered is when the billing report of a month was first delivered.
	Delivered map[Month]time.Time
}

// Quota is a meter whose overage is charged.
type Quota struct {
	Meter string
	// Window is a calendar kind of a month or longer.
	Window usage.Kind
	// Windows that are closed, in the order of time, each once.
	Windows []Window
}

// Window is a billing window with the versions of its statement.
type Window struct {
	calendar.Period
	// Limit and Price are those in force at the window's end. Limit is in
	// millionths, Price is of one whole.
	Limit wide.Int
	Price decimal.Decimal
	// Versions of the statement, oldest first.
	Versions []Version
}

// Version is what was known of a window from an instant on.
type Version struct {
	Number uint32
	Made   time.Time
	// Used is what is held against the limit, in millionths.
	Used wide.Int
	Figures
}

// Figures are shown beside what is charged.
type Figures struct {
	// Registered users of all statuses, with anonymous ones who ever had a
	// standing activity; negative: not known.
	Registered int64
	// Classes in the order of the meter's definition; none for other meters.
	Classes []Class
	// Active users of all classes; of other meters what was used. In millionths.
	Active wide.Int
}

// Class is the active users of a class.
type Class struct {
	Name     string
	Billable bool
	Users    int64
}

// at returns the version that was current at an instant; nil: there was none.
func (w *Window) at(t time.Time) *Version {
	for i := len(w.Versions) - 1; i >= 0; i-- {
		if v := &w.Versions[i]; !v.Made.After(t) {
			return v
		}
	}
	return nil
}
