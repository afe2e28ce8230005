// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func parsed(t *testing.T, text string) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse([]byte(text))
	require.NoError(t, err)
	return c
}

const organizations = `
organizations:
  - {id: acme, reseller: north, csm: [jane@example.com]}
  - {id: birch, reseller: north, csm: [ravi@example.com, jane@example.com]}
  - {id: cedar, reseller: south}
  - {id: north}
`

// everybody is who is asked about: those of the catalogue, one that it does not
// list, one that is named as a wildcard, nobody.
var everybody = []string{"acme", "birch", "cedar", "north", "unlisted", "*", "", usage.NoOrganization}

func TestRights(t *testing.T) {
	all := everybody
	for name, test := range map[string]struct {
		principals    string
		reads, writes []string
		readsAll      bool
		writesAll     bool
	}{
		"of nobody":                            {principals: `{claim: sub, value: other, role: admin, organizations: ["*"]}`},
		"of the same value, other claim":       {principals: `{claim: email, value: me, role: admin, organizations: ["*"]}`},
		"of a value in another spelling":       {principals: `{claim: sub, value: Me, role: admin, organizations: ["*"]}`},
		"of a viewer":                          {principals: `{claim: sub, value: me, role: viewer, organizations: [acme, unlisted]}`, reads: []string{"acme", "unlisted"}},
		"of a viewer of a reseller":            {principals: `{claim: sub, value: me, role: viewer, resellers: [north]}`, reads: []string{"acme", "birch"}},
		"of a viewer of an id as a reseller's": {principals: `{claim: sub, value: me, role: viewer, organizations: [north]}`, reads: []string{"north"}},
		"of a viewer of all":                   {principals: `{claim: sub, value: me, role: viewer, organizations: ["*"]}`, reads: all, readsAll: true},
		"of a csm":                             {principals: `{claim: mail, value: jane@example.com, role: csm}`, reads: []string{"acme", "birch"}},
		"of a csm of nobody":                   {principals: `{claim: sub, value: me, role: csm}`},
		"of an admin":                          {principals: `{claim: sub, value: me, role: admin, organizations: [cedar], resellers: [north]}`, reads: []string{"acme", "birch", "cedar"}, writes: []string{"acme", "birch", "cedar"}},
		"of an admin of all":                   {principals: `{claim: sub, value: me, role: admin, organizations: ["*"]}`, reads: all, writes: all, readsAll: true, writesAll: true},
		"of a delegate":                        {principals: `{claim: sub, value: me, role: delegate}`},
		"of several principals": {
			principals: "{claim: mail, value: jane@example.com, role: csm}\n  - {claim: sub, value: me, role: admin, organizations: [cedar]}\n  - {claim: sub, value: me, role: viewer, organizations: [north]}",
			reads:      []string{"acme", "birch", "cedar", "north"}, writes: []string{"cedar"},
		},
		"of an admin of all who also has one": {
			principals: "{claim: sub, value: me, role: admin, organizations: [\"*\"]}\n  - {claim: sub, value: me, role: admin, organizations: [acme]}",
			reads:      all, writes: all, readsAll: true, writesAll: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := Resolve(Claims{"sub": {"me"}, "mail": {"jane@example.com"}}, parsed(t, organizations+"principals:\n  - "+test.principals))
			reads, writes := rightsOf(&p)
			require.Equal(t, test.reads, reads)
			require.Equal(t, test.writes, writes)
			require.Equal(t, test.readsAll, p.SeesAll())
			require.Equal(t, test.writesAll, p.WritesAll())
		})
	}
}

// rightsOf returns what a client may read and change of everybody.
func rightsOf(p *Principal) (reads, writes []string) {
	for _, id := range everybody {
		if p.Sees(id) {
			reads = append(reads, id)
		}
		if p.Writes(id) {
			writes = append(writes, id)
		}
	}
	return reads, writes
}

func TestWhoIsNamedNowhereIsNobody(t *testing.T) {
	catalogue := parsed(t, organizations+"principals:\n  - {claim: sub, value: jane@example.com, role: csm}\n  - {claim: sub, value: plugin, role: delegate}\n")
	for who, nobody := range map[string]bool{"jane@example.com": false, "plugin": true, "": true, "me": true} {
		p := Resolve(Claims{"sub": {who}}, catalogue)
		require.Equal(t, nobody, p.Nobody(), who)
	}
	for _, p := range []Principal{{}, Resolve(Claims{"sub": {"me"}}, nil), Resolve(nil, catalogue)} {
		require.True(t, p.Nobody())
		for _, id := range everybody {
			require.False(t, p.Sees(id) || p.Writes(id), id)
		}
	}
}

func TestWhereNobodyAuthenticatesAllIsAllowed(t *testing.T) {
	p := Unrestricted()
	require.True(t, p.SeesAll() && p.WritesAll() && !p.Nobody())
	require.Empty(t, p.Name())
	for _, id := range everybody {
		require.True(t, p.Sees(id) && p.Writes(id), id)
	}
}

func TestRightsFollowTheSpellingOfTheLedger(t *testing.T) {
	c, err := parsed(t, "organizations: [{id: ACME, reseller: North}]\nprincipals:\n  - {claim: sub, value: me, role: viewer, organizations: [ACME]}\n").
		Spelled(identity.Rule{Normalize: usage.Fold})
	require.NoError(t, err)
	p := Resolve(Claims{"sub": {"me"}}, c)
	require.True(t, p.Sees("acme"))
	require.False(t, p.Sees("ACME"), "the ledger has no such id")
}

func TestAPrincipalIsNamedByItsFirstEntry(t *testing.T) {
	c := parsed(t, "principals:\n  - {claim: group, value: finance, role: viewer, organizations: [a]}\n  - {claim: sub, value: me, role: viewer, organizations: [b]}\n")
	p := Resolve(Claims{"sub": {"me"}, "claims.group": {"sales", "finance"}}, c)
	require.Equal(t, "group=finance", p.Name())
}

func TestWhatIsOfNobodyIsGivenByNoName(t *testing.T) {
	c := &catalogue.Catalogue{Principals: []catalogue.Principal{{Claim: "sub", Value: "me", Role: catalogue.RoleViewer, Organizations: []string{usage.NoOrganization, "acme"}}}}
	p := Resolve(Claims{"sub": {"me"}}, c)
	require.False(t, p.Sees(usage.NoOrganization), "it has items of anybody")
	require.Equal(t, []string{"acme"}, p.Organizations())
}

func TestAResellerWithoutANameHasNoOrganizations(t *testing.T) {
	c := parsed(t, organizations)
	c.Principals = []catalogue.Principal{{Claim: "sub", Value: "me", Role: catalogue.RoleViewer, Resellers: []string{""}}}
	p := Resolve(Claims{"sub": {"me"}}, c)
	require.False(t, p.Sees("north"))
}

// Another ledger with the same catalogue is asked by the claims that gave a client its
// rights, each once, and by none of a delegate, who has rights of nobody.
func TestClaimsAreThoseThatGaveRights(t *testing.T) {
	c := parsed(t, organizations+`
principals:
  - {claim: mail, value: jane@example.com, role: csm}
  - {claim: sub, value: me, role: viewer, organizations: [cedar]}
  - {claim: sub, value: me, role: admin, organizations: [acme]}
  - {claim: app, value: grafana, role: delegate}
`)
	p := Resolve(Claims{"mail": {"jane@example.com"}, "sub": {"me"}, "app": {"grafana"}, "team": {"red"}}, c)
	require.Equal(t, Claims{"mail": {"jane@example.com"}, "sub": {"me"}}, p.Claims())
}
