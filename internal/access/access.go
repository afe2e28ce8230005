// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package access decides who may read and change what. It is the one gate of
// everything that shows figures to people: whoever answers a request asks the
// [Principal] of its client, and filters what it lists by [Principal.Sees].
//
//	Claims of the client, Catalogue --Resolve--> Principal --Sees, Writes--> yes or no
//
// What is not granted is denied: a client whose claims no principal of the
// catalogue names sees nothing. Rights follow from the catalogue in force at
// each question, so those that are taken away there end with its reload.
//
// A client with the role delegate asks on behalf of people: see [Person] and
// [Principal.For].
//
// The package is pure.
package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Principal is a client with what it may read and change. The zero Principal
// may do nothing.
type Principal struct {
	name          string
	claims        Claims // those that a right was found by
	person        Claims // those that a delegate named it by
	reads, writes grants
	speaksFor     []string // names of claims of people that it may ask for
	speaksForAll  bool
}

// grants are ways to be given an organization. The zero grants give none.
type grants struct {
	all           bool
	catalogue     *catalogue.Catalogue
	organizations []string
	managers      []string // values that organizations name in csm
	resellers     []string
}

// Unrestricted is whoever asks where nobody authenticates: it may do all.
func Unrestricted() Principal {
	return Principal{reads: grants{all: true}, writes: grants{all: true}, speaksForAll: true}
}

// Resolve returns the client that has claims. It has the rights of all
// principals of the catalogue that it is one of.
func Resolve(claims Claims, c *catalogue.Catalogue) Principal {
	if c == nil {
		return Principal{}
	}
	p := Principal{reads: grants{catalogue: c}, writes: grants{catalogue: c}}
	for i := range c.Principals {
		of := &c.Principals[i]
		if !claims.have(of.Claim, of.Value) {
			continue
		}
		if p.name == "" {
			p.name, p.claims = of.Claim+"="+of.Value, Claims{}
		}
		if of.Role != catalogue.RoleDelegate && !slices.Contains(p.claims[of.Claim], of.Value) {
			p.claims[of.Claim] = append(p.claims[of.Claim], of.Value)
		}
		switch of.Role {
		case catalogue.RoleCSM:
			p.reads.managers = append(p.reads.managers, of.Value)
		case catalogue.RoleAdmin:
			p.writes.add(of)
			p.reads.add(of)
		case catalogue.RoleViewer:
			p.reads.add(of)
		case catalogue.RoleDelegate:
			p.speaksFor = append(p.speaksFor, of.SpeaksFor()...)
		}
	}
	return p
}

// For returns the person of whom p says claims, with the rights that the person
// would have who had authenticated with them, and with none of p's own. An error
// says why p may not ask for them.
func (p *Principal) For(person Claims, c *catalogue.Catalogue) (Principal, error) {
	if !p.Delegate() {
		return Principal{}, fmt.Errorf("only a principal with role %s may ask on behalf of somebody", catalogue.RoleDelegate)
	}
	for _, claim := range slices.Sorted(maps.Keys(person)) {
		if !p.speaksForAll && !slices.Contains(p.speaksFor, claim) {
			return Principal{}, fmt.Errorf("claim %q: the delegate may name people by %s: add it to claims of its principal, or use one of these", claim, strings.Join(p.speaksFor, ", "))
		}
	}
	asked := Resolve(person, c)
	asked.person = person
	asked.speaksFor = nil // who is asked for asks for nobody
	if p.name != "" {
		asked.name = strings.TrimSpace(asked.name + " through " + p.name)
	}
	return asked, nil
}

func (g *grants) add(of *catalogue.Principal) {
	g.all = g.all || slices.Contains(of.Organizations, catalogue.All)
	g.organizations = append(g.organizations, of.Organizations...)
	g.resellers = append(g.resellers, of.Resellers...)
}

// none reports whether nothing is given, whatever organizations there are.
func (g *grants) none() bool {
	return !g.all && len(g.organizations)+len(g.managers)+len(g.resellers) == 0
}

func (g *grants) give(organization string) bool {
	switch {
	case g.all:
		return true
	case organization == usage.NoOrganization:
		return false // it has items of anybody
	case slices.Contains(g.organizations, organization):
		return true
	}
	o, listed := g.catalogue.Lookup(organization)
	return listed && (o.Reseller != "" && slices.Contains(g.resellers, o.Reseller) ||
		slices.ContainsFunc(o.CSM, func(name string) bool { return slices.Contains(g.managers, name) }))
}

// list returns what is given by name, sorted; what all of it is, is not in it.
func (g *grants) list() []string {
	ids := map[string]bool{}
	for _, id := range g.organizations {
		ids[id] = id != catalogue.All
	}
	if g.catalogue != nil {
		for i := range g.catalogue.Organizations {
			ids[g.catalogue.Organizations[i].ID] = true
		}
	}
	maps.DeleteFunc(ids, func(id string, named bool) bool { return !named || !g.give(id) })
	return append([]string{}, slices.Sorted(maps.Keys(ids))...) // [] in JSON
}

// Name says for a log which principal of the catalogue the client is, as
// "email=jane@example.com": the first of several, "" if it is none.
func (p *Principal) Name() string { return p.name }

// Claims are those by which the catalogue gives the client its rights: whoever
// has the same catalogue gives the same to [Person] of them. nil: they are of no
// claim.
func (p *Principal) Claims() Claims { return p.claims }

// Person are the claims by which a delegate asks for the client; nil: it asks for
// itself.
func (p *Principal) Person() Claims { return p.person }

// Nobody reports whether the client has no right at all.
func (p *Principal) Nobody() bool { return p.reads.none() }

// Delegate reports whether the client may ask on behalf of people.
func (p *Principal) Delegate() bool { return p.speaksForAll || len(p.speaksFor) > 0 }

// Organizations are those that the client may read, as far as the catalogue or
// its principals name them, sorted. They are all that there are for it unless
// it SeesAll.
func (p *Principal) Organizations() []string { return p.reads.list() }

// Writable are those that the client may change, as Organizations.
func (p *Principal) Writable() []string { return p.writes.list() }

// Sees reports whether the client may read an organization, whose id is spelled
// as the ledger spells it. Items that name no organization are seen by those
// who see all.
func (p *Principal) Sees(organization string) bool { return p.reads.give(organization) }

// SeesAll reports whether the client may read every organization there is and
// will be, and what is of none: the state of the installation itself.
func (p *Principal) SeesAll() bool { return p.reads.all }

// Writes reports whether the client may change an organization, which it then
// may also read.
func (p *Principal) Writes(organization string) bool { return p.writes.give(organization) }

// WritesAll reports whether the client may change every organization, and what
// is of none.
func (p *Principal) WritesAll() bool { return p.writes.all }
