// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// closedPeriods is how many ended periods a report shows, beside the one of a
// year ago.
const closedPeriods = 12

// organization reads what a report says of one organization, and returns the
// label of its period among those that are still collected; "": it is not.
func (s *Source) organization(ctx context.Context, subject *subject, span report.Span, basis report.Basis) (_ report.Organization, label string, _ error) {
	c, _ := s.Book.Latest()
	r := &reader{
		source: s, subject: subject, span: span, basis: basis, live: newLive(c, subject.ID),
		closed: map[string][]archive.Statement{}, days: map[string][]archive.Statement{}, limited: map[string][]archive.Statement{},
	}
	if err := r.readStatements(ctx); err != nil {
		return report.Organization{}, "", err
	}
	return r.organization(), r.label, nil
}

// reader gathers what is known of one organization.
type reader struct {
	source  *Source
	subject *subject
	span    report.Span
	basis   report.Basis
	live    *live

	// closed are statements of the span's window, days those of its days, by
	// meter, oldest first.
	closed, days map[string][]archive.Statement
	// limited are statements of any window that had a quota, and ended not
	// long before the span's end.
	limited map[string][]archive.Statement
	// period is the span as the organization has it, label that of figures
	// that are still collected.
	period calendar.Period
	label  string
}

func (r *reader) readStatements(ctx context.Context) error {
	start := time.Date(r.span.Start.Year, r.span.Start.Month, r.span.Start.Day, 0, 0, 0, 0, r.subject.Location)
	end := time.Date(r.span.End.Year, r.span.End.Month, r.span.End.Day, 0, 0, 0, 0, r.subject.Location)
	from := start.AddDate(-1, -1, -1)
	if r.span.Window.Kind.Months() > 1 {
		from = start.AddDate(0, -closedPeriods*r.span.Window.Kind.Months(), -1)
	}
	all, err := r.source.Book.Statements(ctx, ledger.StatementQuery{Organization: r.subject.ID, Window: r.span.Window.String(), From: from, To: end.AddDate(0, 0, 1)})
	if err != nil {
		return err
	}
	for _, st := range all {
		if st.Start.After(end) {
			continue
		}
		r.closed[st.Meter] = append(r.closed[st.Meter], st)
		if r.span.Has(dateIn(st.Start, r.subject.Location)) {
			r.period = calendar.Period{Start: st.Start, End: st.End}
		}
	}
	open, label := r.live.period(r.span, r.subject.Location)
	if label != "" {
		r.period, r.label = open, label
	}
	if r.period.Start.IsZero() {
		return nil
	}
	if r.span.Window.Kind != usage.Day {
		all, err = r.source.Book.Statements(ctx, ledger.StatementQuery{Organization: r.subject.ID, Window: "day", From: r.period.Start, To: r.period.End})
		for _, st := range all {
			r.days[st.Meter] = append(r.days[st.Meter], st)
		}
	}
	if err != nil || r.label == usage.PeriodName(0) {
		return err
	}
	for meter, q := range r.subject.Quotas {
		all, err := r.source.Book.Statements(ctx, ledger.StatementQuery{
			Organization: r.subject.ID, Meter: meter, Window: q.Window.String(), From: r.period.Start.AddDate(-1, -1, 0), To: r.period.End,
		})
		if err != nil {
			return err
		}
		for _, st := range all {
			if st.Quota != nil {
				r.limited[meter] = append(r.limited[meter], st)
			}
		}
	}
	return nil
}

func (r *reader) organization() report.Organization {
	o := report.Organization{ID: r.subject.ID, Name: r.subject.Name, Zone: r.subject.Location, SignUps: -1}
	if status, found := r.source.Book.Status(o.ID); found {
		o.LastEvent, o.Silent = status.LastEvent, status.Silent
	}
	if r.period.Start.IsZero() {
		return o
	}
	o.Period, o.Running = r.period, r.period.End.After(r.source.Now)
	live := r.live.meters()
	meters := r.source.Book.Extraction().Meters
	for i := range meters {
		m := &meters[i]
		if live[m.Name] || slices.ContainsFunc(r.closed[m.Name], isUsed) {
			if out, known := r.meter(m); known {
				o.Meters = append(o.Meters, out)
			}
		}
	}
	o.Registered = r.registered()
	return o
}

// isUsed reports whether a statement is not of nothing.
func isUsed(st archive.Statement) bool {
	return slices.ContainsFunc(st.Current().Figures, func(f archive.Figure) bool {
		return f.Name != "usage_registered_users" && f.Value.Sign() != 0
	})
}

// registered counts users by status at the end of the period, or now.
func (r *reader) registered() map[string]int64 {
	add := func(to map[string]int64, f *report.Figure) map[string]int64 {
		if f.Name != "usage_registered_users" {
			return to
		}
		if to == nil {
			to = map[string]int64{}
		}
		n, _ := f.Value.Int64() // of users
		to[f.Label("status")] = n / usage.Micro
		return to
	}
	var counts map[string]int64
	for name := range r.closed {
		if st := r.statement(name); st != nil {
			for _, f := range r.version(st).Figures {
				counts = add(counts, &report.Figure{Name: f.Name, Labels: f.Labels, Value: f.Value})
			}
		}
	}
	if counts == nil && r.period.End.After(r.source.Now) {
		for i := range r.live.figures[place{}] {
			counts = add(counts, &r.live.figures[place{}][i])
		}
	}
	return counts
}

// statement returns that of the period, nil while it is not closed.
func (r *reader) statement(meter string) *archive.Statement {
	all := r.closed[meter]
	i := slices.IndexFunc(all, func(st archive.Statement) bool { return st.Start.Equal(r.period.Start) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// version returns the one that the report goes by.
func (r *reader) version(st *archive.Statement) *archive.Version {
	if r.basis == report.Billed && st.Billed > 0 {
		for i := range st.Versions {
			if st.Versions[i].Number == st.Billed {
				return &st.Versions[i]
			}
		}
	}
	return st.Current()
}

func compareParts(x, y report.Part) int { return x.Start.Compare(y.Start) }
