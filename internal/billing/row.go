// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Open is the payment status of a window that the catalogue says nothing of.
const Open = "open"

// Row is a billing window in the detailed billing report.
type Row struct {
	Organization string
	ClientID     string
	Subdomain    string
	Plan         Plan

	// Meter is "" in a row of the subscription alone, whose Period is the
	// calendar month. Then all down to Charge is empty.
	Meter  string
	Period calendar.Period
	// Version of the statement.
	Version uint32
	// Committed is the limit in millionths.
	Committed wide.Int
	Figures
	// PerRegistered is Active / Registered, PerCommitted Active / Committed, both
	// to 4 decimals; not valid where that is 0 or not known.
	PerRegistered, PerCommitted decimal.NullDecimal
	// LastMonth and TwoMonthsAgo are Active of the windows before; nil: not
	// known.
	LastMonth, TwoMonthsAgo *wide.Int
	Charge

	// Subscription is of the calendar month, in one row of a report.
	Subscription decimal.Decimal
	// Total is Subscription + Charge.Amount.
	Total decimal.Decimal
	// Payment is the status of the window's payment.
	Payment string
}

// rows returns a quota's windows that end in the month of a delivery.
func (a *Account) rows(q *Quota, charges []Charge, d delivery) []Row {
	var rows []Row
	for i := range q.Windows {
		w := &q.Windows[i]
		v := w.at(d.at)
		if v == nil || ends(a.Calendar, q.Window, w.Period) != d.month {
			continue
		}
		row := a.row(begins(a.Calendar, q.Window, w.Period))
		row.Meter, row.Period, row.Version, row.Committed, row.Figures = q.Meter, w.Period, v.Number, w.Limit, v.Figures
		row.PerRegistered = ratio(whole(v.Active), decimal.New(v.Registered, 0))
		row.PerCommitted = ratio(whole(v.Active), whole(w.Limit))
		row.LastMonth, row.TwoMonthsAgo = q.earlier(i, 1, d), q.earlier(i, 2, d)
		row.Charge, row.Total = charges[i], charges[i].Amount
		rows = append(rows, row)
	}
	return rows
}

// row returns one that has what all rows have, and the payment of a month.
func (a *Account) row(paid Month) Row {
	payment, known := a.Payments[paid]
	if !known {
		payment = Open
	}
	return Row{Organization: a.Organization, ClientID: a.ClientID, Subdomain: a.Subdomain, Plan: a.Plan, Payment: payment}
}

// earlier returns the total of the window n before the i-th, if those between
// are there.
func (q *Quota) earlier(i, n int, d delivery) *wide.Int {
	for ; n > 0; n-- {
		if i == 0 || !q.Windows[i-1].End.Equal(q.Windows[i].Start) {
			return nil
		}
		i--
	}
	v := q.Windows[i].at(d.at)
	if v == nil {
		return nil
	}
	return &v.Active
}

// subscribe adds the month's subscription to a report.
func (a *Account) subscribe(r *Report) {
	if !a.Subscription.Valid || !a.TermStart.IsZero() && r.Month.before(Month{a.TermStart.Year, a.TermStart.Month}) {
		return
	}
	if len(r.Rows) == 0 {
		row := a.row(r.Month)
		row.Period, row.Registered = a.period(r.Month), -1
		r.Rows = []Row{row}
	}
	first := &r.Rows[0]
	first.Subscription = a.money(a.Subscription.Decimal)
	first.Total = first.Total.Add(first.Subscription)
}

// ratio is a share to 4 decimals.
func ratio(part, of decimal.Decimal) decimal.NullDecimal {
	if !of.IsPositive() {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(part.DivRound(of, 4))
}
