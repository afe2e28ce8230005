// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ErrNoOrganization says that the ledger does not know an organization.
var ErrNoOrganization = errors.New("not in the catalogue, and no event of it was seen")

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

// Asked is a question about a period of an organization, of one meter or (-1) of
// all that keep the window.
type Asked struct {
	Book  *book.Book
	Org   *book.Org
	meter int
	Span  meter.Span
}

// Ask finds what a question is about.
func Ask(b *book.Book, organization, meterName, window string, back int) (*Asked, error) {
	o := Named(b, organization)
	if o == nil || o.ID == usage.NoOrganization {
		return nil, fmt.Errorf("organization %q: %w", organization, ErrNoOrganization)
	}
	w, err := usage.ParseWindow(window)
	if err != nil {
		return nil, &QueryError{"window", window, err.Error()}
	}
	a := &Asked{Book: b, Org: o, meter: -1}
	if meterName != "" {
		a.meter = slices.IndexFunc(b.Defs.Meters, func(m usage.Meter) bool { return m.Name == meterName })
		if a.meter < 0 || b.Defs.Retired[a.meter] {
			return nil, &QueryError{"meter", meterName, "there is no such meter; use one of " + listed(meterNames(b))}
		}
		if windows := b.Defs.Meters[a.meter].Windows; !slices.Contains(windows, w) {
			return nil, &QueryError{"window", window, fmt.Sprintf("%s does not keep it; use one of %s", meterName, listed(windowNames(windows)))}
		}
	} else if !slices.ContainsFunc(b.Defs.Meters, func(m usage.Meter) bool { return slices.Contains(m.Windows, w) }) {
		return nil, &QueryError{"window", window, "no meter keeps it"}
	}
	if back < 0 {
		return nil, &QueryError{"period", strconv.Itoa(back), "periods are counted back from the current one, which is 0"}
	}
	b.Wake(o)
	return a, a.reach(w, back)
}

// reach finds the period, or says why the ledger does not have it.
func (a *Asked) reach(w usage.Window, back int) error {
	failed := &PeriodError{Window: w.String(), Period: fmt.Sprintf("%d_ago", back)}
	if back < 3 {
		failed.Period = usage.PeriodName(back)
	}
	span, kept := a.Org.SpanOf(w, back)
	switch {
	case kept:
	case w.Kind == usage.Rolling:
		failed.Problem = "a rolling window has no period but the current one"
		return failed
	default:
		failed.Problem = "who was counted is kept of the current period and of the two before; of older ones there are statements"
		return failed
	}
	a.Span = span
	for i := range a.Book.Defs.Meters {
		if (a.meter < 0 || a.meter == i) && a.Org.Lived(i, span) {
			return nil
		}
	}
	failed.Problem = "it begins before all that the ledger has counted, which began at " + a.Book.Defs.Birth.Time().Format(time.RFC3339)
	return failed
}

func meterNames(b *book.Book) (names []string) {
	for i := range b.Defs.Meters {
		if !b.Defs.Retired[i] {
			names = append(names, b.Defs.Meters[i].Name)
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
	return strings.Join(names, ", ")
}

// Still puts the question again some time later; an error says why it has no answer
// any more.
func (a *Asked) Still() error {
	switch _, kept := a.Org.PeriodOf(a.Span); {
	case a.Org.Erased:
		return fmt.Errorf("organization %q: %w", a.Org.ID, ErrNoOrganization)
	case !kept:
		return &PeriodError{Window: a.Span.Window.String(), Period: a.Span.Start.Time().Format(time.RFC3339), Problem: "two later periods ended while it was read"}
	}
	return nil
}
