// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap/zaptest"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/transfer"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, time.November, 20, 14, 5, 0, 0, time.UTC)

// fakeBook is a ledger that holds what tests put into it.
type fakeBook struct {
	scrub ledger.Scrub
	Book  // of which no test asks the rest

	extraction usage.Extraction
	statuses   []inquiry.Status
	latest     usage.Collection
	statements []archive.Statement // of acme
	asked      ledger.StatementQuery
	failure    error

	users       inquiry.UsersQuery
	explanation *inquiry.Explanation

	erased []string
	kept   map[string][]byte // bills
}

func (f *fakeBook) Extraction() usage.Extraction { return f.extraction }

func (f *fakeBook) Latest() (usage.Collection, bool) { return f.latest, !f.latest.At.IsZero() }

func (f *fakeBook) IDs() (ids []string) {
	for _, s := range f.statuses {
		ids = append(ids, s.ID)
	}
	return ids
}

func (f *fakeBook) Status(id string) (inquiry.Status, bool) {
	for _, s := range f.statuses {
		if s.ID == strings.TrimSpace(id) { // as identity::normalize: trim
			return s, true
		}
	}
	return inquiry.Status{}, false
}

func (f *fakeBook) Statements(_ context.Context, q ledger.StatementQuery) ([]archive.Statement, error) {
	f.asked = q
	if q.Organization != "acme" {
		return nil, f.failure
	}
	return f.statements, f.failure
}

func (f *fakeBook) StatementsAt(_ context.Context, _ string, end time.Time) (at []archive.Statement, _ error) {
	for _, s := range f.statements {
		if s.End.Equal(end) {
			at = append(at, s)
		}
	}
	return at, f.failure
}

func (f *fakeBook) Erase(_ context.Context, id string, _ time.Time) (users int, err error) {
	switch {
	case f.failure != nil:
		return 0, f.failure
	case id == "globex":
		return 0, fmt.Errorf("organization %q: %w", id, ledger.ErrListed)
	case id != "acme":
		return 0, fmt.Errorf("organization %q: %w", id, inquiry.ErrNoOrganization)
	}
	f.erased = append(f.erased, id)
	return 2, nil
}

func (f *fakeBook) EraseUser(_ context.Context, organization, user string, _ time.Time) (ids int, err error) {
	switch {
	case f.failure != nil:
		return 0, f.failure
	case user == "nobody":
		return 0, fmt.Errorf("erase a user of organization %q: %w", organization, ledger.ErrNoUser)
	}
	f.erased = append(f.erased, organization+" "+user)
	return 2, nil
}

// Users are ann and bob.
func (f *fakeBook) Users(_ context.Context, q inquiry.UsersQuery, yield func(*inquiry.User) error) error {
	f.users = q
	if f.failure != nil {
		return f.failure
	}
	first := &inquiry.FirstItem{Time: at.Add(-time.Hour), Action: "login", Signal: "logs", UID: "=1", Definition: usage.Date{Year: 2026, Month: 3, Day: 1}}
	for _, u := range []inquiry.User{
		{ID: "=ann", Pseudonym: "5f2c", Place: 3, Status: usage.Registered, First: at.AddDate(0, -1, 0), Last: at, Parts: []inquiry.UserPart{
			{Meter: "members", Counts: true, Class: "onboarded", Billable: true, First: first, Last: at},
			{Meter: "api_calls", Type: usage.Consumption, Sum: wide.Of(2_500_000), Summed: true},
		}},
		{Place: 7, Standing: true, Parts: []inquiry.UserPart{{Meter: "members"}, {Meter: "operators", Type: usage.ConcurrentUsers, Hours: 4}}},
	} {
		if u.Place < q.From {
			continue
		}
		if err := yield(&u); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeBook) Explain(_ context.Context, q inquiry.ExplainQuery) (*inquiry.Explanation, error) {
	if f.failure != nil {
		return nil, f.failure
	}
	if f.explanation != nil {
		return f.explanation, nil
	}
	return &inquiry.Explanation{Organization: q.Organization, Meter: q.Meter, Window: q.Window, Period: "current", State: inquiry.Running}, nil
}

func (f *fakeBook) Backup(_ context.Context, w io.Writer) error {
	if f.failure != nil {
		return f.failure
	}
	_, err := io.WriteString(w, "a backup")
	return err
}

func (f *fakeBook) Ready() error { return f.failure }

func (f *fakeBook) Scrubbed() ledger.Scrub { return f.scrub }

func (f *fakeBook) Account(_ context.Context, organization string) (*billing.Account, error) {
	return &billing.Account{Organization: organization, Currency: "EUR", Digits: 2, Calendar: calendar.New(time.UTC, 1), Subscription: decimal.NewNullDecimal(decimal.New(500, 0))}, f.failure
}

func (f *fakeBook) Bill(context.Context, string, ...ledger.StatementID) ([]uint32, error) {
	return nil, f.failure
}

func (f *fakeBook) Recall(context.Context, string) (map[string][]byte, error) {
	return maps.Clone(f.kept), f.failure
}

func (f *fakeBook) Remember(_ context.Context, _ string, rows map[string][]byte) error {
	f.kept = rows
	return f.failure
}

// over returns an API over a book, without a catalogue.
func over(t *testing.T, b *fakeBook) *API {
	t.Helper()
	a := &API{
		Open:            func() (Book, error) { return b, nil },
		Catalogue:       func() Catalogue { return Catalogue{} },
		AcceptCatalogue: func(context.Context, time.Time) (int, error) { return 3, nil },
		Collector:       func() Collector { return Collector{OTLP: "http://localhost:4318"} },
		Logger:          zaptest.NewLogger(t),
		Now:             func() time.Time { return at },
		Moving:          fakeShard{},
	}
	a.dispatching(t, func(id string) bool { _, known := b.Status(id); return known || id == "birch" })
	return a
}

// fakeShard makes every step, or none where it is stuck.
type fakeShard struct{ stuck bool }

func (f fakeShard) State(id string) (moving.State, error) {
	return moving.State{Organization: id, Shard: "a", Here: true}, f.err()
}

func (f fakeShard) CopyOut(_ context.Context, _ string, to io.Writer) error {
	_, err := io.WriteString(to, "rows")
	return errors.Join(err, f.err())
}

func (f fakeShard) Do(_ context.Context, id string, r *moving.Request) (any, error) {
	if r.Step == moving.CopyIn {
		return moving.Copy{Token: "T", Rows: 1}, f.err()
	}
	return moving.State{Organization: id, Shard: "a"}, f.err()
}

func (f fakeShard) err() error {
	if f.stuck {
		return transfer.Err
	}
	return nil
}

// lists puts a catalogue in force.
func (a *API) lists(t *testing.T, text string) {
	t.Helper()
	c, err := catalogue.Parse([]byte(text))
	require.NoError(t, err)
	a.Catalogue = func() Catalogue { return Catalogue{Catalogue: c, Path: "organizations.yaml", Loaded: at} }
}

// named is an authenticator that lets those in who send a name.
func named(r *http.Request) (access.Claims, error) {
	if name, _, given := r.BasicAuth(); given {
		return access.Claims{"username": {name}}, nil
	}
	return nil, errors.New("no name")
}

// as is the header of whoever has a name.
func as(name string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"))}
}
