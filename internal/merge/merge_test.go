// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

func idOf(s *string) string { return *s }

func TestListsAreOneInTheOrderOfOneLedger(t *testing.T) {
	all, err := Lists([]Part[[]string]{{"a", []string{"cedar", "none", "acme"}}, {"b", nil}, {"c", []string{"birch", "none"}}}, idOf, "none", strings.Compare)
	require.NoError(t, err)
	require.Equal(t, []string{"acme", "birch", "cedar", "none", "none"}, all)
}

func TestAnOrganizationOfTwoShardsIsAnError(t *testing.T) {
	_, err := Lists([]Part[[]string]{{"a", []string{"acme"}}, {"b", []string{"birch"}}, {"c", []string{"acme"}}}, idOf, "none", strings.Compare)
	var twice *TwiceError
	require.ErrorAs(t, err, &twice)
	require.Equal(t, TwiceError{"acme", [2]string{"a", "c"}}, *twice)
}

// users are those of organizations, each "organization user".
func users(failure error, all ...string) iter.Seq2[report.User, error] {
	return func(yield func(report.User, error) bool) {
		for _, text := range all {
			organization, id, _ := strings.Cut(text, " ")
			if !yield(report.User{Organization: organization, ID: id}, nil) {
				return
			}
		}
		if failure != nil {
			yield(report.User{}, failure)
		}
	}
}

func read(t *testing.T, organizations string, parts ...iter.Seq2[report.User, error]) (said []string, err error) {
	t.Helper()
	for u, err := range Users(strings.Fields(organizations), parts) {
		if err != nil {
			return said, err
		}
		said = append(said, u.Organization+" "+u.ID)
	}
	return said, nil
}

func TestUsersAreInTheOrderOfTheirOrganizations(t *testing.T) {
	said, err := read(t, "acme birch cedar dune", users(nil, "acme 1", "acme 2", "cedar 1"), users(nil, "birch 9", "dune 1"), users(nil))
	require.NoError(t, err)
	require.Equal(t, []string{"acme 1", "acme 2", "birch 9", "cedar 1", "dune 1"}, said)
}

func TestUsersThatBreakOffAreAnError(t *testing.T) {
	broken := errors.New("broken off")
	said, err := read(t, "acme birch", users(broken, "acme 1"), users(nil, "birch 1"))
	require.ErrorIs(t, err, broken)
	require.Equal(t, []string{"acme 1"}, said)
	_, err = read(t, "acme birch", users(nil, "birch 1", "acme 1"))
	require.ErrorContains(t, err, `"acme"`)
}

func TestWhoStopsReadingUsersEndsAllStreams(t *testing.T) {
	for range Users([]string{"acme"}, []iter.Seq2[report.User, error]{users(nil, "acme 1", "acme 2"), users(nil, "acme 3")}) {
		break
	}
}
