// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// QueryError says that a question cannot be answered as it was put.
type QueryError struct {
	Parameter, Value string
	Problem          string // and what to ask instead
}

func (e *QueryError) Error() string { return fmt.Sprintf("%s %q: %s", e.Parameter, e.Value, e.Problem) }

// PeriodError says that the ledger does not have a period that exists: it began
// later, or the period is too long ago to be told apart by user.
type PeriodError struct {
	Window, Period string
	Problem        string
}

func (e *PeriodError) Error() string {
	return fmt.Sprintf("period %s of window %s: %s", e.Period, e.Window, e.Problem)
}

// asked is a question about a period of an organization, of one meter or (-1) of
// all that keep the window.
type asked struct {
	book  *book
	org   *org
	meter int
	span  meter.Span
}

// ask finds what a question is about.
func ask(b *book, organization, meterName, window string, back int) (*asked, error) {
	o := b.named(organization)
	if o == nil || o.ID == usage.NoOrganization {
		return nil, fmt.Errorf("organization %q: %w", organization, ErrNoOrganization)
	}
	w, err := usage.ParseWindow(window)
	if err != nil {
		return nil, &QueryError{"window", window, err.Error()}
	}
	a := &asked{book: b, org: o, meter: -1}
	if meterName != "" {
		a.meter = slices.IndexFunc(b.defs.Meters, func(m usage.Meter) bool { return m.Name == meterName })
		if a.meter < 0 || b.defs.Retired[a.meter] {
			return nil, &QueryError{"meter", meterName, "there is no such meter; use one of " + listed(meterNames(b))}
		}
		if windows := b.defs.Meters[a.meter].Windows; !slices.Contains(windows, w) {
			return nil, &QueryError{"window", window, fmt.Sprintf("%s does not keep it; use one of %s", meterName, listed(windowNames(windows)))}
		}
	} else if !slices.ContainsFunc(b.defs.Meters, func(m usage.Meter) bool { return slices.Contains(m.Windows, w) }) {
		return nil, &QueryError{"window", window, "no meter keeps it"}
	}
	if back < 0 {
		return nil, &QueryError{"period", fmt.Sprint(back), "periods are counted back from the current one, which is 0"}
	}
	b.wake(o)
	return a, a.reach(w, back)
}

// reach finds the period, or says why the ledger does not have it.
func (a *asked) reach(w usage.Window, back int) error {
	failed := &PeriodError{Window: w.String(), Period: fmt.Sprintf("%d_ago", back)}
	if back < 3 {
		failed.Period = usage.PeriodName(back)
	}
	span, kept := a.org.SpanOf(w, back)
	switch {
	case kept:
	case w.Kind == usage.Rolling:
		failed.Problem = "a rolling window has no period but the current one"
		return failed
	default:
		failed.Problem = "who was counted is kept of the current period and of the two before; of older ones there are statements"
		return failed
	}
	a.span = span
	for i := range a.book.defs.Meters {
		if (a.meter < 0 || a.meter == i) && a.org.Lived(i, span) {
			return nil
		}
	}
	failed.Problem = fmt.Sprintf("it begins before all that the ledger has counted, which began at %s", a.book.defs.Birth.Time().Format(time.RFC3339))
	return failed
}

func meterNames(b *book) (names []string) {
	for i := range b.defs.Meters {
		if !b.defs.Retired[i] {
			names = append(names, b.defs.Meters[i].Name)
		}
	}
	slices.Sort(names)
	return names
}

func windowNames(windows []usage.Window) (names []string) {
	for _, w := range windows {
		names = append(names, w.String())
	}
	return names
}

func listed(names []string) string {
	all := ""
	for i, name := range names {
		if i > 0 {
			all += ", "
		}
		all += name
	}
	return all
}

// still puts the question again some time later; an error says why it has no answer
// any more.
func (a *asked) still() error {
	switch _, kept := a.org.PeriodOf(a.span); {
	case a.org.erased:
		return fmt.Errorf("organization %q: %w", a.org.ID, ErrNoOrganization)
	case !kept:
		return &PeriodError{Window: a.span.Window.String(), Period: a.span.Start.Time().Format(time.RFC3339), Problem: "two later periods ended while it was read"}
	}
	return nil
}
