// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Part is what one ledger knows of a report: all of it, unless there are other
// shards.
type Part struct {
	Span          report.Span
	Titles        usage.Titles
	Organizations []report.Organization
	// Subjects is how many organizations there are, which may be erased since.
	Subjects int
	// Begun reports whether the period has begun for one of its organizations,
	// Known whether it was not over before the ledger began with one of them,
	// which it did first at Since.
	Begun, Known bool
	Since        time.Time
	// Users are those of a report on users, in the order of Organizations.
	Users iter.Seq2[report.User, error]
}

// Others are the ledgers of other shards.
type Others interface {
	// Parts are what they know of a request, made at an instant: those that have
	// something, and those that have not said whether they do.
	Parts(ctx context.Context, r *Request, made time.Time) ([]merge.Part[*Part], []report.Missing, error)
}

// Here is what this ledger is called among parts.
const Here = "of this address"

// parts are those of a request. What this ledger has all of is asked of no other.
func (s *Source) parts(ctx context.Context, r *Request) (parts []merge.Part[*Part], missing []report.Missing, err error) {
	asked := *r
	if s.Others != nil && r.Organization == "" {
		// Of several organizations, as UTC has it: by one name for all shards.
		span, err := s.named(r, nil)
		if err != nil {
			return nil, nil, err
		}
		asked.Period, asked.Window = span.Name, span.Window.String()
	}
	own, err := s.Part(ctx, &asked)
	var refusal *Refusal
	switch {
	case err == nil:
		parts = append(parts, merge.Part[*Part]{Shard: Here, Of: own})
	case s.Others == nil || !errors.As(err, &refusal) || !refusal.Missing:
		return nil, nil, err
	}
	if s.Others != nil && (r.Organization == "" || own == nil) {
		others, absent, askErr := s.Others.Parts(ctx, &asked, s.Now)
		if askErr != nil {
			return nil, nil, askErr
		}
		parts, missing = append(parts, others...), absent
	}
	switch {
	case len(parts) > 0:
		return parts, missing, nil
	case len(missing) > 0: // it may be theirs
		return nil, nil, fmt.Errorf("%s: %w", report.Missed(missing), usage.ErrUnavailable)
	}
	return nil, nil, err
}

// Part is what this ledger knows of a request.
func (s *Source) Part(ctx context.Context, r *Request) (*Part, error) {
	if _, collected := s.Book.Latest(); !collected {
		return nil, fmt.Errorf("no figures yet: they are collected at the next whole minute: %w", usage.ErrUnavailable)
	}
	subjects, err := s.subjects(r)
	if err != nil {
		return nil, err
	}
	p := &Part{Titles: s.Book.Extraction().Titles}
	if p.Span, err = s.named(r, subjects); err != nil {
		return nil, err
	}
	p.cover(subjects, s.Now)
	var known []readable
	for i := range subjects {
		o, label, err := s.organization(ctx, &subjects[i], p.Span, cmp.Or(r.Basis, report.Known))
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
			if o.Bill, err = s.bill(ctx, &subjects[i], p.Span); err != nil {
				return nil, err
			}
		}
		if r.Kind == report.Users {
			if label != "" {
				known = append(known, readable{o.ID, p.Span.Window.String(), slices.Index(periodNames, label)})
			} else {
				o.UsersUnknown = !o.Period.Start.IsZero()
			}
		}
		p.Organizations = append(p.Organizations, o)
	}
	if r.Kind == report.Users {
		p.Users = s.users(ctx, known)
	}
	return p, nil
}

// cover says what there is of the period.
func (p *Part) cover(subjects []subject, now time.Time) {
	p.Subjects = len(subjects)
	for i := range subjects {
		o := &subjects[i]
		p.Begun = p.Begun || p.Span.Begun(o.today(now))
		p.Known = p.Known || !p.Span.Over(dateIn(o.since, o.Location))
		if p.Since.IsZero() || o.since.Before(p.Since) {
			p.Since = o.since
		}
	}
}

// judge refuses a period that has not begun anywhere, or was over before any
// ledger began.
func judge(r *Request, parts []merge.Part[*Part]) error {
	begun, known, subjects, began := false, false, 0, time.Time{}
	for _, p := range parts {
		subjects += p.Of.Subjects
		begun, known = begun || p.Of.Begun, known || p.Of.Known
		if since := p.Of.Since; p.Of.Subjects > 0 && (began.IsZero() || since.Before(began)) {
			began = since
		}
	}
	switch {
	case subjects == 0:
		return nil
	case !begun:
		return refuse("period: %q: it has not begun: ask for one that has", r.Period)
	case !known:
		return refuse("period: %q: the ledger began on %s and knows nothing of before: ask for a later one", r.Period, began.UTC().Format(time.DateOnly))
	}
	return nil
}

// titlesOf are those of the first part that has one.
func titlesOf(parts []merge.Part[*Part]) usage.Titles {
	all := usage.Titles{Meters: map[string]string{}, Windows: map[string]string{}}
	for _, p := range slices.Backward(parts) {
		for name, title := range p.Of.Titles.Meters {
			all.Meters[name] = title
		}
		for name, title := range p.Of.Titles.Windows {
			all.Windows[name] = title
		}
	}
	return all
}

func organizationsOf(parts []merge.Part[*Part]) ([]report.Organization, error) {
	lists := make([]merge.Part[[]report.Organization], len(parts))
	for i, p := range parts {
		lists[i] = merge.Part[[]report.Organization]{Shard: p.Shard, Of: p.Of.Organizations}
	}
	return merge.Lists(lists, func(o *report.Organization) string { return o.ID }, usage.NoOrganization, func(x, y report.Organization) int {
		return byName(x.Name, x.ID, y.Name, y.ID)
	})
}

// byName is the order of organizations in a report.
func byName(name, id, otherName, otherID string) int {
	return cmp.Or(strings.Compare(strings.ToLower(name), strings.ToLower(otherName)), strings.Compare(id, otherID))
}

func usersOf(organizations []report.Organization, parts []merge.Part[*Part]) iter.Seq2[report.User, error] {
	if len(parts) == 1 {
		return parts[0].Of.Users
	}
	ids, streams := make([]string, len(organizations)), make([]iter.Seq2[report.User, error], len(parts))
	for i := range organizations {
		ids[i] = organizations[i].ID
	}
	for i, p := range parts {
		streams[i] = p.Of.Users
	}
	return merge.Users(ids, streams)
}
