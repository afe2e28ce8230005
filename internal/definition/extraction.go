// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Extraction converts the configuration into what extract and the ledger work
// by: meters by name, each with the one version that is configured. It returns
// the errors of [Config.Check] where there are any.
func (c *Config) Extraction() (usage.Extraction, error) {
	if err := c.Check(); err != nil {
		return usage.Extraction{}, err
	}
	e := usage.Extraction{
		Organization:     slices.Clone(c.Identity.Organization),
		User:             slices.Clone(c.Identity.User),
		BindOrganization: c.Identity.BindOrganization,
		AliasActions:     slices.Clone(c.Aliases.Actions),
		AliasFrom:        c.Aliases.From,
		AliasTo:          c.Aliases.To,
		Placeholders:     slices.Clone(c.Identity.Placeholders),
	}
	if n, err := usage.ParseNormalization(c.Identity.Normalize); err == nil { // "" is the ledger's to say
		e.Spellings = usage.Spellings{{Normalize: n}}
	}
	for status := range e.Lifecycle {
		e.Lifecycle[status] = slices.Clone(c.Lifecycle.actions(usage.Status(status)))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Meters)) {
		m := c.Meters[name]
		e.Meters = append(e.Meters, m.meter(name))
	}
	e.Titles = c.titles()
	return e, nil
}

// titles are those that are configured.
func (c *Config) titles() usage.Titles {
	t := usage.Titles{Meters: map[string]string{}, Windows: map[string]string{}}
	for name := range c.Meters {
		if title := c.Meters[name].Title; title != "" {
			t.Meters[name] = title
		}
	}
	for name, w := range c.Windows {
		t.Windows[name] = w.Title
	}
	return t
}

// actions of a status; NoStatus has none.
func (l *Lifecycle) actions(s usage.Status) []string {
	switch s {
	case usage.Registered:
		return l.Registered
	case usage.Suspended:
		return l.Suspended
	case usage.Removed:
		return l.Removed
	default:
		return nil
	}
}

// meter converts a meter that Check has found good.
func (m *Meter) meter(name string) usage.Meter {
	out := usage.Meter{
		Name:           name,
		Type:           meterTypes[m.Type],
		Unit:           m.Unit,
		Corrections:    m.Corrections,
		SampleInterval: m.SampleInterval.Std(),
		IdleTimeout:    m.IdleTimeout.Std(),
		Settle:         m.Settle.Std(),
	}
	for _, text := range m.Windows {
		w, _ := usage.ParseWindow(text) // Check has parsed it
		out.Windows = append(out.Windows, w)
	}
	for _, dimension := range slices.Sorted(maps.Keys(m.Breakdowns)) {
		b := m.Breakdowns[dimension]
		if b.Top > 0 {
			out.ByUser = &usage.ByUser{Dimension: dimension, Top: b.Top, Reveal: b.Reveal}
			continue
		}
		out.Breakdowns = append(out.Breakdowns, usage.Breakdown{
			Dimension: dimension, Attribute: b.Attribute, Values: slices.Clone(b.Values),
		})
	}
	for _, average := range slices.Sorted(maps.Keys(m.Averages)) {
		out.Averages = append(out.Averages, usage.AverageOf{Name: average, Attribute: m.Averages[average].Attribute})
	}
	m.version(&out)
	return out
}

// version adds the configured definition and the names of its classes.
func (m *Meter) version(out *usage.Meter) {
	effective, _ := usage.ParseDate(m.EffectiveFrom) // Check has found it good; "" is the zero Date
	v := usage.Version{
		EffectiveFrom: effective,
		Value:         m.Value,
		Logon:         slices.Clone(m.Logon),
		Activity:      slices.Clone(m.Activity),
		Logoff:        slices.Clone(m.Logoff),
		Hourly:        slices.Clone(m.Hourly),
	}
	for i, c := range m.judged() {
		out.Classes = append(out.Classes, c.Name)
		v.Classes = append(v.Classes, usage.Class{
			Index:     uint8(i),
			Actions:   slices.Clone(c.Actions),
			Condition: c.Condition,
			Requires:  statuses[c.Requires],
			Billable:  c.Billable,
		})
	}
	if s := m.Standing; s != nil {
		v.Standing = &usage.Standing{
			On: slices.Clone(s.On), Off: slices.Clone(s.Off), Key: s.Key,
			Class: uint8(slices.Index(out.Classes, s.Class)),
		}
	}
	out.Versions = []usage.Version{v}
}

// judged returns the classes; a meter without them has one, named "" and
// billable, that holds its own actions.
func (m *Meter) judged() []Class {
	if len(m.Classes) > 0 {
		return m.Classes
	}
	return []Class{{Actions: m.Actions, Condition: m.Condition, Requires: m.Requires, Billable: true}}
}
