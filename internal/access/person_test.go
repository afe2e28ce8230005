// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPersonIsNamedByClaims(t *testing.T) {
	person, err := Person([]string{"email=jane%40example.com, team=Customer+Success", "team=a%2Cb%3D", "team=a=b"})
	require.NoError(t, err)
	require.Equal(t, Claims{"email": {"jane@example.com"}, "team": {"Customer Success", "a,b=", "a=b"}}, person)
	for _, header := range [][]string{nil, {}, {""}, {"email"}, {"email="}, {"=jane"}, {"email=jane", ""}, {"email=jane,"}, {"email=%zz"}, {"email=%"}} {
		_, err := Person(header)
		require.ErrorContains(t, err, "Usage-On-Behalf-Of: ", header)
	}
	_, err = Person([]string{"email=%zz"})
	require.ErrorContains(t, err, "escape the value")
}

const delegates = organizations + `
principals:
  - {claim: sub, value: plugin, role: delegate}
  - {claim: sub, value: portal, role: delegate, claims: [sub, team]}
  - {claim: sub, value: both, role: delegate}
  - {claim: sub, value: both, role: admin, organizations: ["*"]}
  - {claim: sub, value: root, role: admin, organizations: ["*"]}
  - {claim: email, value: jane@example.com, role: csm}
  - {claim: email, value: deputy@example.com, role: delegate}
  - {claim: team, value: north, role: admin, resellers: [north]}
`

func TestADelegateAsksWithTheRightsOfThePerson(t *testing.T) {
	c := parsed(t, delegates)
	for name, test := range map[string]struct {
		who           string
		person        Claims
		reads, writes []string
		nobody        bool
		named         string
	}{
		"a csm":                         {who: "plugin", person: Claims{"email": {"jane@example.com"}}, reads: []string{"acme", "birch"}, named: "email=jane@example.com through sub=plugin"},
		"an admin by team":              {who: "plugin", person: Claims{"team": {"sales", "north"}}, reads: []string{"acme", "birch"}, writes: []string{"acme", "birch"}, named: "team=north through sub=plugin"},
		"somebody unknown":              {who: "plugin", person: Claims{"email": {"joe@example.com"}}, nobody: true, named: "through sub=plugin"},
		"another delegate":              {who: "plugin", person: Claims{"email": {"deputy@example.com"}}, nobody: true, named: "email=deputy@example.com through sub=plugin"},
		"by a claim that it has listed": {who: "portal", person: Claims{"sub": {"root"}}, reads: everybody, writes: everybody, named: "sub=root through sub=portal"},
		"with fewer rights than itself": {who: "both", person: Claims{"email": {"jane@example.com"}}, reads: []string{"acme", "birch"}, named: "email=jane@example.com through sub=both"},
	} {
		t.Run(name, func(t *testing.T) {
			delegate := Resolve(Claims{"sub": {test.who}}, c)
			require.True(t, delegate.Delegate())
			p, err := delegate.For(test.person, c)
			require.NoError(t, err)
			reads, writes := rightsOf(&p)
			require.Equal(t, test.reads, reads)
			require.Equal(t, test.writes, writes)
			require.Equal(t, test.nobody, p.Nobody())
			require.Equal(t, test.named, p.Name())
			require.False(t, p.Delegate())
		})
	}
}

func TestWhoMayNotSpeakForSomebodyIsRefused(t *testing.T) {
	c := parsed(t, delegates)
	for _, who := range []string{"root", "stranger"} {
		p := Resolve(Claims{"sub": {who}}, c)
		_, err := p.For(Claims{"email": {"jane@example.com"}}, c)
		require.EqualError(t, err, "only a principal with role delegate may ask on behalf of somebody", who)
	}
	p := Resolve(Claims{"sub": {"plugin"}}, c)
	_, err := p.For(Claims{"email": {"jane@example.com"}, "sub": {"root"}}, c)
	require.EqualError(t, err, `claim "sub": the delegate may name people by email, team: add it to claims of its principal, or use one of these`)
	_, err = p.For(Claims{"claims.email": {"jane@example.com"}}, c)
	require.Error(t, err)
	p = Resolve(Claims{"sub": {"portal"}}, c)
	_, err = p.For(Claims{"email": {"jane@example.com"}}, c)
	require.ErrorContains(t, err, "by sub, team")
}

func TestWhereNobodyAuthenticatesAPersonNarrows(t *testing.T) {
	c, open := parsed(t, delegates), Unrestricted()
	p, err := open.For(Claims{"email": {"jane@example.com"}}, c)
	require.NoError(t, err)
	require.True(t, p.Sees("acme") && !p.Sees("cedar") && !p.SeesAll() && !p.Delegate())
	p, err = open.For(Claims{"email": {"joe@example.com"}}, nil)
	require.NoError(t, err)
	require.True(t, p.Nobody())
}

func TestOrganizationsOfAPrincipalAreListed(t *testing.T) {
	c := parsed(t, delegates+`  - {claim: sub, value: some, role: viewer, organizations: [unlisted, cedar], resellers: [north]}
  - {claim: sub, value: some, role: admin, organizations: [acme, acme]}
`)
	for who, want := range map[string][2][]string{
		"some":     {{"acme", "birch", "cedar", "unlisted"}, {"acme"}},
		"root":     {{"acme", "birch", "cedar", "north"}, {"acme", "birch", "cedar", "north"}},
		"plugin":   {{}, {}},
		"stranger": {{}, {}},
	} {
		p := Resolve(Claims{"sub": {who}}, c)
		require.Equal(t, want, [2][]string{p.Organizations(), p.Writable()}, who)
	}
	p := Unrestricted()
	require.Empty(t, p.Organizations())
	p = Principal{}
	require.Empty(t, p.Organizations())
}
