// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Names of attributes that OpenTelemetry's conventions fix.
const (
	eventNameAttribute = "event.name"
	uidAttribute       = "log.record.uid"
)

// recipe is all that an action means.
type recipe struct {
	wants wants
	parts []part
	// aliasTo is where an alias action says the id that stays, or noSlot.
	aliasTo slot
}

// part is what an action means to one class of one version of one meter, or to
// the user's lifecycle or alias. Parts of one meter stand together.
type part struct {
	effect    usage.Effect // all that does not depend on the item
	condition *condition   // nil: always
	needsUser bool
	ofUser    bool // lifecycle or alias: of no meter

	key         slot // StandingOn, StandingOff, Alias
	value       slot // Consume; noSlot: 1 per event
	corrections bool
	breakdowns  []slot
	averages    []slot
}

// compiler builds the recipes of an extraction.
type compiler struct {
	usage.Extraction
	slots      slots
	conditions *conditions
	recipes    map[string]*recipe
	identity   wants // what every item is asked for: its organization
}

func (c *compiler) compile() error {
	for status, actions := range c.Lifecycle {
		for _, action := range actions {
			c.add(action, part{
				effect:    usage.Effect{Kind: usage.Lifecycle, Status: usage.Status(status)},
				needsUser: true, ofUser: true,
			})
		}
	}
	for _, action := range c.AliasActions {
		r := c.add(action, part{
			effect:    usage.Effect{Kind: usage.Alias},
			needsUser: true, ofUser: true,
			key: c.slots.of(c.AliasFrom),
		}, c.AliasFrom, c.AliasTo)
		r.aliasTo = c.slots.of(c.AliasTo)
	}
	for i := range c.Meters {
		for j := range c.Meters[i].Versions {
			if err := c.version(i, j); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *compiler) version(i, j int) error {
	m := &c.Meters[i]
	v := &m.Versions[j]
	whole := part{
		effect:    usage.Effect{Meter: uint16(i), Version: uint8(j)},
		needsUser: m.Type != usage.Consumption,
	}
	var names []string
	for _, b := range m.Breakdowns {
		whole.breakdowns = append(whole.breakdowns, c.slots.of(b.Attribute))
		names = append(names, b.Attribute)
	}
	if m.Type == usage.ConcurrentUsers {
		c.roles(v, whole)
		return nil
	}
	if m.Type == usage.Consumption {
		whole.effect.Kind, whole.value, whole.corrections = usage.Consume, c.slots.of(v.Value), m.Corrections
		names = append(names, v.Value)
		for _, a := range m.Averages {
			whole.averages = append(whole.averages, c.slots.of(a.Attribute))
			names = append(names, a.Attribute)
		}
	}
	for k := range v.Classes {
		if err := c.class(m, &v.Classes[k], whole, names); err != nil {
			return err
		}
	}
	if v.Standing != nil {
		c.standing(v.Standing, whole, names)
	}
	return nil
}

func (c *compiler) class(m *usage.Meter, class *usage.Class, p part, names []string) error {
	compiled, err := c.conditions.compile(class.Condition)
	if err != nil {
		return fmt.Errorf("meters::%s%s::condition: %q is no OTTL condition on a log record: %w; write one like attributes[\"user.type\"] == \"member\"",
			m.Name, classPath(m, class), class.Condition, err)
	}
	p.effect.Class, p.condition = class.Index, compiled
	for i, action := range class.Actions {
		if !slices.Contains(class.Actions[:i], action) { // named twice, it still counts once
			c.add(action, p, names...)
		}
	}
	return nil
}

// classPath is where a user wrote the class: a meter without classes has one
// without a name.
func classPath(m *usage.Meter, class *usage.Class) string {
	if name := m.Classes[class.Index]; name != "" {
		return "::classes::" + name
	}
	return ""
}

func (c *compiler) standing(s *usage.Standing, p part, names []string) {
	p.effect.Class, p.key = s.Class, c.slots.of(s.Key)
	names = append(slices.Clip(names), s.Key)
	p.effect.Kind = usage.StandingOn
	for _, action := range s.On {
		c.add(action, p, names...)
	}
	p.effect.Kind = usage.StandingOff
	for _, action := range s.Off {
		c.add(action, p, names...)
	}
}

// roles adds one part for each action, with the union of its roles.
func (c *compiler) roles(v *usage.Version, p part) {
	p.effect.Kind = usage.Concurrent
	roles := map[string]usage.Roles{}
	var inOrder []string
	for _, r := range []struct {
		role    usage.Roles
		actions []string
	}{
		{usage.RoleLogon, v.Logon},
		{usage.RoleActivity, v.Activity},
		{usage.RoleLogoff, v.Logoff},
		{usage.RoleHourly, v.Hourly},
	} {
		for _, action := range r.actions {
			if roles[action] == 0 {
				inOrder = append(inOrder, action)
			}
			roles[action] |= r.role
		}
	}
	for _, action := range inOrder {
		p.effect.Roles = roles[action]
		c.add(action, p)
	}
}

// add gives an action one more meaning, and the names of the attributes that
// it needs.
func (c *compiler) add(action string, p part, names ...string) *recipe {
	r := c.recipes[action]
	if r == nil {
		r = &recipe{wants: c.identity.clone()}
		for _, name := range c.User {
			r.wants.add(name, c.slots.of(name))
		}
		r.wants.add(uidAttribute, c.slots.of(uidAttribute))
		for name := range samplingAttributes {
			r.wants.add(name, c.slots.of(name))
		}
		c.recipes[action] = r
	}
	for _, name := range names {
		if name != "" {
			r.wants.add(name, c.slots.of(name))
		}
	}
	r.parts = append(r.parts, p)
	return r
}
