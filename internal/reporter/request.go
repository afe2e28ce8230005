// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Book is what of a ledger goes into reports. A [ledger.Ledger] is one.
type Book interface {
	Extraction() usage.Extraction
	Latest() (usage.Collection, bool)
	IDs() []string
	Status(id string) (inquiry.Status, bool)
	Statements(ctx context.Context, q ledger.StatementQuery) ([]archive.Statement, error)
	Account(ctx context.Context, organization string) (*billing.Account, error)
	Bill(ctx context.Context, organization string, periods ...ledger.StatementID) (versions []uint32, err error)
	SignUps(ctx context.Context, organization string, from, to time.Time) (int64, error)
	Users(ctx context.Context, q inquiry.UsersQuery, yield func(*inquiry.User) error) error
	usage.Memory
}

// Source is what reports are made of. They are of the organizations that Book
// has, so it is one that shows what the client may see.
type Source struct {
	Book      Book
	Catalogue *catalogue.Catalogue
	// Others are ledgers of other shards; nil: there are none.
	Others Others
	// Sent reports whether reports go out by themselves: then they are of all
	// shards, or not made.
	Sent bool
	// Issuer is who sends bills, for FOCUS.
	Issuer string
	Now    time.Time
}

// Request is what is asked for.
type Request struct {
	Kind report.Kind
	// Organization is the id of the one that it is about, Reseller the
	// reseller's whose organizations it is about; both "": all.
	Organization, Reseller string
	// Period as [report.ParseSpan] reads it, or current or previous. Window is
	// "" but for billing cycles, and the window of current and previous.
	Period, Window string
	Basis          report.Basis // "": what is known now
}

// Refusal says what is wrong with a request.
type Refusal struct {
	// Missing reports whether what was asked for does not exist.
	Missing bool
	text    string
}

func (r *Refusal) Error() string { return r.text }

func refuse(format string, args ...any) *Refusal { return &Refusal{text: fmt.Sprintf(format, args...)} }

func noOrganization(id string) *Refusal {
	return &Refusal{Missing: true, text: fmt.Sprintf("organization %q: not in the catalogue, and no event of it was seen", id)}
}

// subject is one that a report is about, with what the catalogue says of it.
type subject struct {
	catalogue.Organization
	since time.Time // when the ledger began
}

// today is the subject's civil date.
func (s *subject) today(now time.Time) usage.Date { return dateIn(now, s.Location) }

// subjects are the organizations of a request, by name.
func (s *Source) subjects(r *Request) ([]subject, error) {
	if r.Organization != "" && r.Reseller != "" {
		return nil, refuse("reseller: %q: leave it out beside organization %q", r.Reseller, r.Organization)
	}
	var all []subject
	for _, id := range s.Book.IDs() {
		if id == usage.NoOrganization {
			continue
		}
		o := catalogue.Organization{ID: id, Name: id, Location: time.UTC, AnchorDay: 1}
		if listed, found := s.Catalogue.Lookup(id); found {
			o = *listed
			o.Name = cmp.Or(o.Name, id)
		}
		if r.Reseller != "" && o.Reseller != r.Reseller {
			continue
		}
		all = append(all, subject{Organization: o})
	}
	if r.Organization != "" {
		known, found := s.Book.Status(r.Organization) // by any spelling
		i := slices.IndexFunc(all, func(o subject) bool { return o.ID == known.ID })
		if !found || i < 0 {
			return nil, noOrganization(r.Organization)
		}
		all = all[i : i+1]
	}
	if len(all) == 0 && r.Reseller != "" {
		return nil, &Refusal{Missing: true, text: fmt.Sprintf("reseller %q: no organization of the catalogue has it", r.Reseller)}
	}
	for i := range all {
		if status, found := s.Book.Status(all[i].ID); found {
			all[i].since = status.Since
		}
	}
	slices.SortFunc(all, func(x, y subject) int {
		return byName(x.Name, x.ID, y.Name, y.ID)
	})
	return all, nil
}

// span reads the period of a request, which there is something to say of.
func (s *Source) span(r *Request, subjects []subject) (report.Span, error) {
	span, err := s.named(r, subjects)
	if err != nil {
		return span, err
	}
	part := Part{Span: span}
	part.cover(subjects, s.Now)
	return span, judge(r, []merge.Part[*Part]{{Of: &part}})
}

// named reads the name of a period. The running one and the one before are
// those of the organization's zone, of several those of UTC.
func (s *Source) named(r *Request, subjects []subject) (report.Span, error) {
	span, err := s.spanOf(r, subjects)
	switch {
	case err != nil:
		return span, refuse("%s", err)
	case r.Kind == report.Billing && span.Window.Kind != usage.Month:
		return span, refuse("period: %q: bills are by calendar month: write one as 2026-10", r.Period)
	}
	return span, nil
}

func (s *Source) spanOf(r *Request, subjects []subject) (report.Span, error) {
	if r.Period != "current" && r.Period != "previous" {
		return report.ParseSpan(r.Period, r.Window)
	}
	w, err := usage.ParseWindow(cmp.Or(r.Window, "month"))
	if err != nil {
		return report.Span{}, fmt.Errorf("window: %w", err)
	}
	zone, anchor := time.UTC, 1
	if len(subjects) == 1 {
		zone, anchor = subjects[0].Location, subjects[0].AnchorDay
	}
	return report.Running(w, dateIn(s.Now, zone), anchor, r.Period == "previous")
}

func dateIn(t time.Time, zone *time.Location) usage.Date { return usage.DateOf(t.In(zone)) }
