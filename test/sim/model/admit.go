// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"maps"
	"time"
)

// receipt is an item that arrived at a time.
type receipt struct {
	now   time.Time
	event Event // as it is read
}

// Admit puts an organization into the catalogue at now. Its zone and anchor hold
// from its beginning, as if they had always been known, as long as none of its
// periods is closed; else they take effect as changed ones do.
func (m *Model) Admit(now time.Time, id string, to Organization) error {
	m.pass(minuteBefore(now))
	m.config.Organizations = maps.Clone(m.config.Organizations)
	m.config.Organizations[id] = to
	old := m.organizations[id]
	switch {
	case old == nil:
		if err := m.addOrganization(id, to); err != nil {
			return err
		}
		m.open(m.organizations[id], now)
		return nil
	case old.closedAny():
		return m.SetCalendar(now, id, to)
	}
	if err := m.addOrganization(id, to); err != nil {
		return err
	}
	o := m.organizations[id]
	o.samples = old.samples // final, and on a grid that no zone moves
	for _, r := range old.received {
		m.open(o, r.now)
		if _, err := m.take(r.now, o, r.event); err != nil {
			return err
		}
	}
	return nil
}

// closedAny reports whether a period is closed that the organization lived in,
// or that has figures.
func (o *organization) closedAny() bool {
	for _, windows := range o.books.all {
		for _, all := range windows {
			for _, s := range all {
				for _, v := range s.Versions {
					if s.End.After(o.books.opened) || hasFigures(v) {
						return true
					}
				}
			}
		}
	}
	return false
}

// hasFigures reports whether anything was counted in a period.
func hasFigures(v Version) bool {
	for _, value := range v.Figures {
		if value != 0 {
			return true
		}
	}
	return false
}
