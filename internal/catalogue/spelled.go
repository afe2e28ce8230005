// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
)

// Spelled returns the catalogue with ids as a ledger spells those of telemetry.
// It is an error where that makes one of two, or where an id is a placeholder.
func (c *Catalogue) Spelled(rule identity.Rule) (*Catalogue, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // the nil Catalogue is the empty one
	}
	p := &parser{name: c.name}
	spelled := &Catalogue{Organizations: slices.Clone(c.Organizations), name: c.name, lines: c.lines, byID: make(map[string]int, len(c.byID))}
	changed := false
	for i := range spelled.Organizations {
		o, at := &spelled.Organizations[i], place{"organizations", i, "id"}
		written := o.ID
		o.ID = identity.Spell(written, rule.Normalize)
		changed = changed || o.ID != written
		first, taken := spelled.byID[o.ID]
		switch {
		case rule.Placeholders.Has(written):
			p.add(c.lines[i], "%s %q: one of identity::placeholders, whose items are invalid; use another id, or take it out of that list", at, written)
		case o.ID == "":
			p.add(c.lines[i], "%s %q: nothing is left of it with identity::normalize: %s; use another id", at, written, rule.Normalize)
		case taken:
			p.add(c.lines[i], "%s %q: one id with %q in line %d, with identity::normalize: %s; every organization needs its own",
				at, written, c.Organizations[first].ID, c.lines[first], rule.Normalize)
		default:
			spelled.byID[o.ID] = i
		}
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.bounded()...)
	}
	for _, of := range c.Principals {
		of.Organizations = slices.Clone(of.Organizations)
		for i, id := range of.Organizations {
			of.Organizations[i] = identity.Spell(id, rule.Normalize)
			changed = changed || of.Organizations[i] != id
		}
		spelled.Principals = append(spelled.Principals, of)
	}
	if !changed {
		return c, nil
	}
	return spelled, nil
}

// Of returns the catalogue with those organizations alone that are somebody's: of
// a ledger that is one of several.
func (c *Catalogue) Of(owned func(id string) bool) *Catalogue {
	if c == nil {
		return nil
	}
	of := &Catalogue{Principals: c.Principals, name: c.name, byID: map[string]int{}}
	for i := range c.Organizations {
		if o := &c.Organizations[i]; owned(o.ID) {
			of.byID[o.ID] = len(of.Organizations)
			of.Organizations, of.lines = append(of.Organizations, *o), append(of.lines, c.lines[i])
		}
	}
	return of
}
