// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
)

// Report is the detailed billing report of an organization and a calendar
// month.
type Report struct {
	Month Month
	// At is the instant whose statement versions it is made of: that of its
	// first delivery, or the one asked for while it was not delivered.
	At time.Time
	// Rows are the billing windows that end in the month and were closed at
	// At. The first has the subscription; an organization without such a window
	// has one row for it, without a meter.
	Rows []Row
	// Adjustments are of windows of reports that were delivered before.
	Adjustments []Adjustment
	// Total is the sum of all rows and adjustments.
	Total decimal.Decimal
}

// Adjustment is the difference between what a window costs now and what it has
// cost so far.
type Adjustment struct {
	Meter  string
	Period calendar.Period
	// From and To are the versions of the window's own statement, 0: none. They
	// are the same where another window of its term has changed.
	From, To uint32
	// Was and Is are the window's charge by them.
	Was, Is Charge
	Amount  decimal.Decimal
}

// Report returns the billing report of a month as of an instant. Once it has
// been delivered, it stays as it was then.
func (a *Account) Report(m Month, now time.Time) (Report, error) {
	if err := a.check(); err != nil {
		return Report{}, fmt.Errorf("billing of %s: %w", a.Organization, err)
	}
	d, again := a.delivery(m)
	if !again {
		d = delivery{month: m, at: now}
	}
	before, adjusts := a.deliveredBefore(d, again)
	r := Report{Month: m, At: d.at}
	for i := range a.Quotas {
		q := &a.Quotas[i]
		is := a.charges(q, d.at)
		r.Rows = append(r.Rows, a.rows(q, is, d)...)
		if adjusts {
			r.Adjustments = append(r.Adjustments, a.adjustments(q, is, d, before)...)
		}
	}
	a.subscribe(&r)
	for i := range r.Rows {
		r.Total = r.Total.Add(r.Rows[i].Total)
	}
	for i := range r.Adjustments {
		r.Total = r.Total.Add(r.Adjustments[i].Amount)
	}
	return r, nil
}

// check judges what the catalogue refuses as well.
func (a *Account) check() error {
	if a.Plan == Fair && (a.TermStart.IsZero() || a.TermMonths < 1) {
		return fmt.Errorf("a %s plan prorates over its term: give it a start and a length", a.Plan)
	}
	for i := range a.Quotas {
		q := &a.Quotas[i]
		switch months := q.Window.Months(); {
		case months == 0:
			return fmt.Errorf("quota on %s: window %s is not billed: use month, cycle, quarter, half or year", q.Meter, q.Window)
		case a.TermMonths%months != 0:
			return fmt.Errorf("quota on %s: a term of %d months is no whole number of windows %s: use a multiple of %d months", q.Meter, a.TermMonths, q.Window, months)
		}
	}
	return nil
}

// delivery is when the report of a month was first delivered. Of two at one
// instant that of the earlier month was first.
type delivery struct {
	month Month
	at    time.Time
}

func (d delivery) before(other delivery) bool {
	return d.at.Before(other.at) || d.at.Equal(other.at) && d.month.before(other.month)
}

func (a *Account) delivery(m Month) (delivery, bool) {
	at, done := a.Delivered[m]
	return delivery{m, at}, done
}

// deliveredBefore returns the last delivery before that of a report, which may
// have been made or not.
func (a *Account) deliveredBefore(d delivery, made bool) (last delivery, found bool) {
	for m, at := range a.Delivered {
		other := delivery{m, at}
		earlier := other.before(d)
		if !made {
			earlier = !at.After(d.at)
		}
		if earlier && (!found || last.before(other)) {
			last, found = other, true
		}
	}
	return last, found
}

// adjustments returns the lines of a quota's windows that were delivered up to
// a delivery, for what has changed from there to another one.
func (a *Account) adjustments(q *Quota, is []Charge, d, before delivery) []Adjustment {
	was := a.charges(q, before.at)
	var lines []Adjustment
	for i := range q.Windows {
		w := &q.Windows[i]
		own, done := a.delivery(ends(a.Calendar, q.Window, w.Period))
		if !done || before.before(own) {
			continue
		}
		amount := is[i].Amount.Sub(was[i].Amount)
		if amount.IsZero() {
			continue
		}
		lines = append(lines, Adjustment{
			Meter: q.Meter, Period: w.Period, From: w.number(before.at), To: w.number(d.at),
			Was: was[i], Is: is[i], Amount: amount,
		})
	}
	return lines
}

// number returns that of the version current at an instant, 0: none.
func (w *Window) number(at time.Time) uint32 {
	if v := w.at(at); v != nil {
		return v.Number
	}
	return 0
}
