// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/api/seen"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestABookHasWhatItsClientMaySee(t *testing.T) {
	a, b := guarded(t)
	b.latest.Organizations = []usage.OrganizationFigures{{Organization: usage.NoOrganization}, {Organization: "acme"}, {Organization: "birch"}}
	b.scrub.Damaged = []string{"000007.sst"}
	book := func(client string) Book {
		p := access.Resolve(access.Claims{"username": {client}}, a.Catalogue().Catalogue)
		return seen.By(&p, b)
	}
	for client, want := range map[string][]string{"viewer of another": {"birch"}, "jane": {"acme"}, "admin of all": {usage.NoOrganization, "acme", "birch"}, "stranger": nil} {
		latest, collected := book(client).Latest()
		require.True(t, collected)
		require.Equal(t, at, latest.At)
		var ids []string
		for _, o := range latest.Organizations {
			ids = append(ids, o.Organization)
		}
		require.Equal(t, want, ids, client)
	}
	for client, all := range map[string]bool{"jane": false, "admin of all": true} {
		require.NoError(t, book(client).Ready())
		require.Equal(t, all, len(book(client).Scrubbed().Damaged) > 0, client)
	}
	require.Len(t, b.latest.Organizations, 3, "the ledger's own collection stays as it is")

	other := book("viewer of another")
	_, err := other.Statements(t.Context(), ledger.StatementQuery{Organization: "acme"})
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	_, err = other.StatementsAt(t.Context(), "acme", at)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	_, err = other.SignUps(t.Context(), "acme", at, at)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	require.ErrorIs(t, other.Users(t.Context(), inquiry.UsersQuery{Organization: "acme"}, func(*inquiry.User) error { return nil }), inquiry.ErrNoOrganization)
	_, err = other.Explain(t.Context(), inquiry.ExplainQuery{Organization: "acme"})
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	_, err = other.Account(t.Context(), "acme")
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	require.ErrorIs(t, book("admin of it").Backup(t.Context(), io.Discard), usage.ErrUnavailable)
	for _, reader := range []string{"viewer of another", "jane"} {
		_, err = book(reader).Bill(t.Context(), "acme")
		require.ErrorIs(t, err, inquiry.ErrNoOrganization)
		require.ErrorIs(t, book(reader).Remember(t.Context(), "schedules", map[string][]byte{"acme\x00a": nil}), inquiry.ErrNoOrganization)
		_, err = book(reader).EraseUser(t.Context(), "acme", "ann", at)
		require.ErrorIs(t, err, inquiry.ErrNoOrganization)
		_, err = book(reader).Erase(t.Context(), "acme", at)
		require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	}
	require.Empty(t, b.erased)
	b.kept = map[string][]byte{"acme\x00a": nil, "birch\x00a": nil, "acme": nil, "\x00a": nil}
	for client, want := range map[string][]string{"jane": {"acme\x00a"}, "viewer of another": {"birch\x00a"}, "stranger": nil, "admin of all": slices.Sorted(maps.Keys(b.kept))} {
		rows, err := book(client).Recall(t.Context(), "schedules")
		require.NoError(t, err)
		require.Equal(t, want, slices.Sorted(maps.Keys(rows)), client)
	}
	require.NoError(t, book("admin of it").Remember(t.Context(), "schedules", map[string][]byte{"acme\x00a": nil}))
	for _, key := range []string{"birch\x00a", "acme", "\x00a"} {
		require.ErrorIs(t, book("admin of it").Remember(t.Context(), "schedules", map[string][]byte{key: nil}), inquiry.ErrNoOrganization, "%q is no row of acme", key)
		require.NoError(t, book("admin of all").Remember(t.Context(), "schedules", map[string][]byte{key: nil}))
	}
	_, err = book("admin of it").Erase(t.Context(), "acme", at)
	require.NoError(t, err)
	statements, err := book("jane").Statements(t.Context(), ledger.StatementQuery{Organization: "acme"})
	require.NoError(t, err)
	require.NotEmpty(t, statements)
}
