// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func rule(n usage.Normalization) identity.Rule {
	return identity.Rule{Normalize: n, Placeholders: identity.NewPlaceholders(identity.DefaultPlaceholders())}
}

func parsed(t *testing.T, text string) *Catalogue {
	t.Helper()
	c, err := Parse([]byte(text))
	require.NoError(t, err)
	return c
}

func TestIDsThatAreOneAreRefusedWithBothLines(t *testing.T) {
	c := parsed(t, "organizations:\n- id: acme\n- {id: birch}\n- id: \"acme \"\n- id: Acme\n- id: undefined\n")
	_, err := c.Spelled(rule(usage.Trim))
	require.EqualError(t, err,
		`organizations.yaml:4: organizations[2].id "acme ": one id with "acme" in line 2, with identity::normalize: trim; every organization needs its own`+"\n"+
			`organizations.yaml:6: organizations[4].id "undefined": one of identity::placeholders, whose items are invalid; use another id, or take it out of that list`)
	_, err = c.Spelled(rule(usage.Fold))
	require.ErrorContains(t, err, `organizations.yaml:5: organizations[3].id "Acme": one id with "acme" in line 2, with identity::normalize: fold;`)
	_, err = c.Spelled(identity.Rule{Normalize: usage.Asis})
	require.NoError(t, err)
}

func TestASpelledCatalogueIsFoundByTheIDsOfTelemetry(t *testing.T) {
	c := parsed(t, "organizations: [{id: \"Acme\\u200b\", anchor_day: 7}, {id: birch}]\nprincipals: [{claim: group, value: v, role: viewer, organizations: [\"ACME \", \"*\"]}]\n")
	s, err := c.Spelled(rule(usage.Fold))
	require.NoError(t, err)
	o, found := s.Lookup("acme")
	require.True(t, found)
	require.Equal(t, "acme", o.ID)
	require.Equal(t, 7, o.AnchorDay)
	require.Equal(t, []string{"acme", "*"}, s.Principals[0].Organizations)
	_, found = c.Lookup("Acme\u200b")
	require.True(t, found, "what was read stays as it was")
	again, err := s.Spelled(rule(usage.Fold))
	require.NoError(t, err)
	require.Same(t, s, again)
}

func TestNothingIsLeftOfAnIDOfBlanks(t *testing.T) {
	_, err := parsed(t, "organizations: [{id: \"\\u200b\"}]").Spelled(identity.Rule{Normalize: usage.Trim})
	require.EqualError(t, err, "organizations.yaml:1: organizations[0].id \"\\u200b\": nothing is left of it with identity::normalize: trim; use another id")
	_, err = parsed(t, "organizations: [{id: \"\\u200b\"}]").Spelled(rule(usage.Trim))
	require.ErrorContains(t, err, "one of identity::placeholders")
}
