// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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
	if s.Sent && s.Others != nil && r.Kind == report.Billing && r.Organization == "" {
		return nil, refuse("report: %q: what was billed is noted by the shard of the organization: schedule bills there, or of one organization", r.Kind)
	}
	parts, missing, err := s.parts(ctx, r)
	if err != nil {
		return nil, err
	}
	if s.Sent && len(missing) > 0 {
		return nil, fmt.Errorf("the report would be incomplete: %s: %w", report.Missed(missing), usage.ErrUnavailable)
	}
	if err := judge(r, parts); err != nil {
		return nil, err
	}
	in := &report.Input{
		Kind: r.Kind, Subject: "All organizations", Reseller: r.Reseller, Period: parts[0].Of.Span, Basis: cmp.Or(r.Basis, report.Known),
		Made: s.Now, Issuer: s.Issuer, Titles: titlesOf(parts), Missing: missing,
	}
	if in.Organizations, err = organizationsOf(parts); err != nil {
		return nil, err
	}
	switch {
	case r.Organization != "" && len(in.Organizations) == 0: // it was erased meanwhile
		return nil, noOrganization(r.Organization)
	case r.Organization != "":
		in.Subject, in.Organization = in.Organizations[0].Name, in.Organizations[0].ID
	case r.Reseller != "":
		in.Subject = "Organizations of " + r.Reseller
	}
	if r.Kind == report.Users {
		in.Users = usersOf(in.Organizations, parts)
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
