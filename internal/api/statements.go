// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api/shape"
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// statementsJSON are statements of an organization.
type statementsJSON struct {
	Organization string            `json:"organization"`
	Statements   []shape.Statement `json:"statements"`
}

// maxStatements bounds one answer: some megabytes.
const maxStatements = 5000

func statements(r *admitted) (any, error) {
	x := r.Book.Extraction()
	q, keep, err := selection(r.Organization, r.Query, x.Meters)
	if err != nil {
		return nil, err
	}
	all, err := r.Book.Statements(r.Context(), q)
	if err != nil {
		return nil, refuseStatements(err)
	}
	out := statementsJSON{Organization: r.Organization, Statements: []shape.Statement{}}
	for i := range all {
		if s := shape.StatementOf(&all[i], x.Titles); keep(&s) {
			out.Statements = append(out.Statements, s)
		}
	}
	return out, nil
}

// refuseStatements says why statements cannot be read.
func refuseStatements(err error) error {
	switch {
	case errors.Is(err, inquiry.ErrNoOrganization):
		return refuse(http.StatusNotFound, notFound, "%s", err)
	case errors.Is(err, archive.ErrTooMany):
		return refuse(http.StatusBadRequest, badData, "more than %d statements: narrow them with meter, window, period, from or to", maxStatements)
	case errors.Is(err, usage.ErrUnavailable):
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return err
}

// selection reads the filters. What the ledger cannot select, since it depends
// on the zone of each period, keep does.
func selection(id string, params url.Values, meters []usage.Meter) (q ledger.StatementQuery, keep func(*shape.Statement) bool, err error) {
	q = ledger.StatementQuery{Organization: id, Meter: params.Get("meter"), Window: params.Get("window"), Limit: maxStatements}
	if q.Meter != "" && !slices.ContainsFunc(meters, func(m usage.Meter) bool { return m.Name == q.Meter }) {
		var names []string
		for i := range meters {
			names = append(names, meters[i].Name)
		}
		return q, nil, refuse(http.StatusBadRequest, badData, "meter: %q: no such meter: use one of %s", q.Meter, strings.Join(names, ", "))
	}
	if q.Window != "" {
		if w, err := usage.ParseWindow(q.Window); err != nil || w.Kind < usage.Day || w.Kind == usage.Rolling {
			return q, nil, refuse(http.StatusBadRequest, badData, "window: %q: there are statements of day, week, month, quarter, half, year and cycle", q.Window)
		}
	}
	keep, err = begins(&q, params.Get("period"), params.Get("from"), params.Get("to"))
	return q, keep, err
}

// begins reads when periods begin: in a year, month or day, or from and to a
// date or time. A civil date is that of the period's own zone, which the
// ledger's query leaves room for.
func begins(q *ledger.StatementQuery, period, from, to string) (keep func(*shape.Statement) bool, err error) {
	const room = 26 * time.Hour // between the same date in any two zones
	if period != "" {
		if from != "" || to != "" {
			return nil, refuse(http.StatusBadRequest, badData, "period: %q: leave out from and to beside it", period)
		}
		first, last, ok := span(period)
		if !ok {
			return nil, refuse(http.StatusBadRequest, badData, "period: %q: write a year, month or day in which it begins, as 2026, 2026-10 or 2026-10-15", period)
		}
		q.From, q.To = first.Add(-room), last.Add(room)
		return func(s *shape.Statement) bool { return strings.HasPrefix(s.StartDate, period) }, nil
	}
	keep = func(s *shape.Statement) bool {
		return (!isDate(from) || s.StartDate >= from) && (!isDate(to) || s.StartDate < to)
	}
	if q.From, err = edge("from", from, -room); err != nil {
		return nil, err
	}
	q.To, err = edge("to", to, room)
	return keep, err
}

// span returns the days of a year, month or day in UTC.
func span(period string) (first, last time.Time, ok bool) {
	for _, form := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if t, err := time.Parse(form.layout, period); err == nil {
			return t, t.AddDate(form.years, form.months, form.days), true
		}
	}
	return first, last, false
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func edge(name, text string, room time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.Add(room), nil
	}
	t, err := parseTime(text)
	if err != nil {
		return t, refuse(http.StatusBadRequest, badData, "%s: %q: write a date as 2026-10-15, a time as 2026-11-21T14:05:00Z, or seconds since 1970", name, text)
	}
	return t, nil
}

// closedFigures are an organization's figures of the periods that end at an
// instant and are closed.
func closedFigures(ctx context.Context, b Book, id string, at, collected time.Time) (any, error) {
	out := figuresJSON{Organization: id, At: at.UTC(), Figures: []figureJSON{}}
	all, err := b.StatementsAt(ctx, id, at)
	if err != nil {
		return nil, refuseStatements(err)
	}
	switch {
	case len(all) == 0 && collected.IsZero():
		return nil, refuse(http.StatusBadRequest, badData, "at: %s: no closed period ends then, and no minute has been collected yet", at.UTC().Format(time.RFC3339))
	case len(all) == 0:
		return nil, refuse(http.StatusBadRequest, badData, "at: %s: no closed period ends then, and of minutes only the last collected one, %s, is at hand; ask the store for others",
			at.UTC().Format(time.RFC3339), collected.UTC().Format(time.RFC3339))
	}
	for i := range all {
		s := &all[i]
		v := s.Current()
		out.Statements = append(out.Statements, statementRefJSON{s.Meter, s.Window, s.Start, v.Number})
		for _, a := range shape.Amounts(v.Figures) {
			a.Labels["meter"], a.Labels["window"], a.Labels["period"] = s.Meter, s.Window, usage.PeriodName(1)
			out.Figures = append(out.Figures, figureJSON{a.Name, a.Labels, shape.Number(wide.Int(a.Value).Over(usage.Micro))})
		}
	}
	return out, nil
}
