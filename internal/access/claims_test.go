// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func claimsOf(attributes map[string]any) Claims {
	return ClaimsOf(slices.Sorted(maps.Keys(attributes)), func(name string) any { return attributes[name] })
}

func TestClaimsHaveTextsOfAnyShape(t *testing.T) {
	for name, test := range map[string]struct {
		value any
		want  []string
	}{
		"text":             {"jane", []string{"jane"}},
		"empty text":       {"", nil},
		"texts":            {[]string{"a", "", "b"}, []string{"a", "b"}},
		"list of JSON":     {[]any{"a", 7.0, true, nil, []any{"deep"}, map[string]any{"k": "v"}}, []string{"a", "7", "true"}},
		"whole number":     {1042.0, []string{"1042"}},
		"largest exact":    {9007199254740991.0, []string{"9007199254740991"}},
		"no longer exact":  {9007199254740992.0, nil},
		"broken number":    {1.5, nil},
		"integer":          {int64(9007199254740993), []string{"9007199254740993"}},
		"number of a text": {json.Number("9007199254740993"), []string{"9007199254740993"}},
		"truth":            {false, []string{"false"}},
		"object":           {map[string]any{"a": "b"}, nil},
		"nothing":          {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, claimsOf(map[string]any{"c": test.value})["c"])
		})
	}
}

func TestAClaimIsFoundByItsNameInTheCatalogue(t *testing.T) {
	basic := map[string]any{"username": "jane", "raw": "amFuZTpzZWNyZXQ="}
	oidc := map[string]any{
		"subject": "chosen-by-its-user", "membership": []string{"finance", "sales"}, "raw": "eyJ", "claims.sub": "1f6c", "claims.email": "jane@example.com",
		"claims.email_verified": true, "claims.groups": []any{"finance", "admins"}, "claims.username": "jane",
	}
	unverified := map[string]any{"subject": "x", "claims.email": "jane@example.com", "claims.email_verified": false}
	for _, test := range []struct {
		attributes   map[string]any
		claim, value string
		want         bool
	}{
		{basic, "username", "jane", true},
		{basic, "username", "Jane", false},
		{basic, "user", "jane", false},
		{basic, "raw", "amFuZTpzZWNyZXQ=", false},
		{oidc, "sub", "1f6c", true},
		{oidc, "sub", "chosen-by-its-user", false},
		{oidc, "subject", "chosen-by-its-user", true},
		{oidc, "claims.sub", "1f6c", true},
		{oidc, "email", "jane@example.com", true},
		{oidc, "group", "finance", true},
		{oidc, "group", "admins", false},
		{oidc, "groups", "admins", true},
		{oidc, "membership", "sales", true},
		{oidc, "raw", "eyJ", false},
		{unverified, "email", "jane@example.com", false},
		{map[string]any{"claims.email": "jane@example.com"}, "email", "jane@example.com", true},
		{map[string]any{"claims.email": "jane@example.com", "claims.email_verified": "false"}, "email", "jane@example.com", false},
		{map[string]any{"claims.group": "sales", "membership": []string{"finance"}}, "group", "finance", false},
		{map[string]any{"claims.group": []any{}, "membership": []string{"finance"}}, "group", "finance", true},
	} {
		require.Equal(t, test.want, claimsOf(test.attributes).have(test.claim, test.value), "%v %s=%s", test.attributes, test.claim, test.value)
	}
	require.Equal(t, []string{"email", "email_verified", "groups", "membership", "sub", "subject", "username"}, claimsOf(oidc).Names())
}

func TestABearerTokenIsKnownByItsHash(t *testing.T) {
	c := ClaimsOfToken("correct horse battery staple")
	require.True(t, c.have(TokenSHA256, "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a"))
	require.Equal(t, []string{TokenSHA256}, c.Names())
	require.Empty(t, ClaimsOfToken(""))
}
