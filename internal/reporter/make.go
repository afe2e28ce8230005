// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Make makes a report. A [Refusal] says what is wrong with the request.
func (s *Source) Make(ctx context.Context, r Request) (*report.Report, error) {
	in, err := s.input(ctx, &r)
	if err != nil {
		return nil, err
	}
	return report.Build(in), nil
}

func (s *Source) input(ctx context.Context, r *Request) (*report.Input, error) {
	if !slices.Contains(report.Kinds, r.Kind) {
		return nil, refuse("report: %q: there is none: use one of %s", r.Kind, list(report.Kinds))
	}
	if bases := []report.Basis{"", report.Known, report.Billed}; !slices.Contains(bases, r.Basis) {
		return nil, refuse("basis: %q: use one of %s", r.Basis, list(bases[1:]))
	}
	if _, collected := s.Book.Latest(); !collected {
		return nil, fmt.Errorf("no figures yet: they are collected at the next whole minute: %w", usage.ErrUnavailable)
	}
	subjects, err := s.subjects(r)
	if err != nil {
		return nil, err
	}
	span, err := s.span(r, subjects)
	if err != nil {
		return nil, err
	}
	in := &report.Input{
		Kind: r.Kind, Subject: "All organizations", Reseller: r.Reseller, Period: span, Basis: r.Basis, Made: s.Now, Issuer: s.Issuer,
		Titles: s.Book.Extraction().Titles,
	}
	if in.Basis == "" {
		in.Basis = report.Known
	}
	switch {
	case r.Organization != "":
		in.Subject, in.Organization = subjects[0].Name, subjects[0].ID
	case r.Reseller != "":
		in.Subject = "Organizations of " + r.Reseller
	}
	var known []readable
	for i := range subjects {
		o, label, err := s.organization(ctx, &subjects[i], span, in.Basis)
		if errors.Is(err, inquiry.ErrNoOrganization) {
			continue // it was erased since the list was made
		}
		if err != nil {
			return nil, fmt.Errorf("organization %s: %w", subjects[i].ID, err)
		}
		if r.Kind == report.Activity && !o.Period.Start.IsZero() {
			if o.SignUps, err = s.Book.SignUps(ctx, o.ID, o.Period.Start, o.Period.End); err != nil {
				return nil, fmt.Errorf("organization %s: %w", o.ID, err)
			}
		}
		if r.Kind == report.Billing {
			if o.Bill, err = s.bill(ctx, &subjects[i], span); err != nil {
				return nil, err
			}
		}
		if r.Kind == report.Users {
			if label != "" {
				known = append(known, readable{o.ID, span.Window.String(), slices.Index(periodNames, label)})
			} else {
				o.UsersUnknown = !o.Period.Start.IsZero()
			}
		}
		in.Organizations = append(in.Organizations, o)
	}
	if r.Kind == report.Users {
		in.Users = s.users(ctx, known)
	}
	return in, nil
}

// periodNames are the labels of the periods that are kept open, the running one
// first.
var periodNames = []string{usage.PeriodName(0), usage.PeriodName(1), usage.PeriodName(2)}

func list[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}
