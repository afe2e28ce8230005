// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// terms numbers the billing windows of one kind, term after term. Positions
// must be asked in the order of time.
type terms struct {
	calendar *calendar.Calendar
	kind     usage.Kind
	length   int  // windows of a term; 0: there are no terms
	begun    bool // there is a first window

	next  calendar.Period // the window with the number index
	index int
}

// firstTerm returns the terms of an account's windows of a kind, at the window
// that contains the start of the first.
func (a *Account) firstTerm(kind usage.Kind) *terms {
	t := &terms{calendar: a.Calendar, kind: kind, length: a.TermMonths / kind.Months()}
	if !a.TermStart.IsZero() {
		t.begun = true
		t.next = a.Calendar.Period(kind, a.Calendar.StartOf(a.TermStart))
	}
	return t
}

// position returns the number of the term that a window is in, from 0, and how
// many windows of it remain, the window included. A window before the first
// term has the number -1. Without terms each window is on its own.
func (t *terms) position(p calendar.Period) (number, remaining int) {
	if t.begun && p.Start.Before(t.next.Start) && t.index == 0 {
		return -1, 0
	}
	if !t.begun || t.length == 0 {
		return 0, 1
	}
	// A window that a changed calendar has cut short is a window of the term.
	for !p.Start.Before(t.next.End) {
		t.next = t.calendar.Period(t.kind, t.next.End)
		t.index++
	}
	return t.index / t.length, t.length - t.index%t.length
}
