// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package seen is a ledger as a client of the API sees it.
package seen

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Book is what of a ledger is read and changed here. A [ledger.Ledger] is one.
type Book interface {
	reporter.Book
	Ready() error
	Scrubbed() ledger.Scrub
	Erase(ctx context.Context, id string, now time.Time) (users int, err error)
	EraseUser(ctx context.Context, organization, user string, now time.Time) (ids int, err error)
	Explain(ctx context.Context, q inquiry.ExplainQuery) (*inquiry.Explanation, error)
	Backup(ctx context.Context, w io.Writer) error
	StatementsAt(ctx context.Context, organization string, end time.Time) ([]archive.Statement, error)
}

// By returns a ledger as a client sees it.
func By(client *access.Principal, all Book) Book { return seen{all, client} }

// seen is a ledger as a client sees it. Organizations that it may not see are
// answered as those that there are none of, in lists and by name. It embeds no
// Book, so that a method which is new there is not open here by itself.
type seen struct {
	all Book
	by  *access.Principal
}

var _ Book = seen{}

func (s seen) Extraction() usage.Extraction { return s.all.Extraction() }

// Ready says why to those who see all.
func (s seen) Ready() error {
	err := s.all.Ready()
	if err != nil && !s.by.SeesAll() {
		return usage.ErrUnavailable
	}
	return err
}

// Scrubbed names files to those who see all.
func (s seen) Scrubbed() ledger.Scrub {
	if !s.by.SeesAll() {
		return ledger.Scrub{}
	}
	return s.all.Scrubbed()
}

func (s seen) Latest() (usage.Collection, bool) {
	c, collected := s.all.Latest()
	if !s.by.SeesAll() {
		c.Organizations = slices.DeleteFunc(slices.Clone(c.Organizations), func(o usage.OrganizationFigures) bool { return !s.by.Sees(o.Organization) })
	}
	return c, collected
}

func (s seen) IDs() []string {
	return slices.DeleteFunc(s.all.IDs(), func(id string) bool { return !s.by.Sees(id) })
}

func (s seen) Status(id string) (inquiry.Status, bool) {
	status, known := s.all.Status(id)
	if !known || !s.by.Sees(status.ID) {
		return inquiry.Status{}, false
	}
	return status, true
}

func (s seen) Erase(ctx context.Context, id string, now time.Time) (users int, err error) {
	if !s.by.Writes(id) {
		return 0, noOrganization(id)
	}
	return s.all.Erase(ctx, id, now)
}

func (s seen) Statements(ctx context.Context, q ledger.StatementQuery) ([]archive.Statement, error) {
	if !s.by.Sees(q.Organization) {
		return nil, noOrganization(q.Organization)
	}
	return s.all.Statements(ctx, q)
}

func (s seen) StatementsAt(ctx context.Context, organization string, end time.Time) ([]archive.Statement, error) {
	if !s.by.Sees(organization) {
		return nil, noOrganization(organization)
	}
	return s.all.StatementsAt(ctx, organization, end)
}

func (s seen) SignUps(ctx context.Context, organization string, from, to time.Time) (int64, error) {
	if !s.by.Sees(organization) {
		return 0, noOrganization(organization)
	}
	return s.all.SignUps(ctx, organization, from, to)
}

func (s seen) Users(ctx context.Context, q inquiry.UsersQuery, yield func(*inquiry.User) error) error {
	if !s.by.Sees(q.Organization) {
		return noOrganization(q.Organization)
	}
	return s.all.Users(ctx, q, yield)
}

func (s seen) EraseUser(ctx context.Context, organization, user string, now time.Time) (ids int, err error) {
	if !s.by.Writes(organization) {
		return 0, noOrganization(organization)
	}
	return s.all.EraseUser(ctx, organization, user, now)
}

func (s seen) Explain(ctx context.Context, q inquiry.ExplainQuery) (*inquiry.Explanation, error) {
	if !s.by.Sees(q.Organization) {
		return nil, noOrganization(q.Organization)
	}
	return s.all.Explain(ctx, q)
}

// Backup is of everything, or not at all.
func (s seen) Backup(ctx context.Context, w io.Writer) error {
	if !s.by.WritesAll() {
		return usage.ErrUnavailable
	}
	return s.all.Backup(ctx, w)
}

func (s seen) Account(ctx context.Context, organization string) (*billing.Account, error) {
	if !s.by.Sees(organization) {
		return nil, noOrganization(organization)
	}
	return s.all.Account(ctx, organization)
}

func (s seen) Bill(ctx context.Context, organization string, periods ...ledger.StatementID) ([]uint32, error) {
	if !s.by.Writes(organization) {
		return nil, noOrganization(organization)
	}
	return s.all.Bill(ctx, organization, periods...)
}

// Recall has rows of organizations that the client may see: those whose key
// begins with the id and a zero byte.
func (s seen) Recall(ctx context.Context, name string) (map[string][]byte, error) {
	rows, err := s.all.Recall(ctx, name)
	if !s.by.SeesAll() {
		maps.DeleteFunc(rows, func(key string, _ []byte) bool { return !s.by.Sees(organizationOf(key)) })
	}
	return rows, err
}

func (s seen) Remember(ctx context.Context, name string, rows map[string][]byte) error {
	for key := range rows {
		if !s.by.Writes(organizationOf(key)) {
			return noOrganization(organizationOf(key))
		}
	}
	return s.all.Remember(ctx, name, rows)
}

// organizationOf is the id that the key of a row begins with, or "".
func organizationOf(key string) string {
	id, _, found := strings.Cut(key, "\x00")
	if !found {
		return ""
	}
	return id
}

// noOrganization is the error of the ledger for one that it does not have.
func noOrganization(id string) error {
	return fmt.Errorf("organization %q: %w", id, inquiry.ErrNoOrganization)
}
