// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// window is a period or a rolling window at t.
type window struct {
	name, period string
	kind         usage.Kind
	start, end   time.Time // [start, end); rolling: (start, end], end = t
	t            time.Time
	running      bool // t lies in it
}

// contains reports whether an action at this time lies in the window.
func (w window) contains(t time.Time) bool {
	if w.kind == usage.Rolling {
		return t.After(w.start) && !t.After(w.end)
	}
	return !t.Before(w.start) && t.Before(w.end) && !t.After(w.t)
}

// judges reports whether the status of users is judged by what happened then: up
// to t, and in an ended window before its end.
func (w window) judges(t time.Time) bool {
	return !t.After(w.t) && (w.running || t.Before(w.end))
}

// touches reports whether standing activity does.
func (w window) touches(s standingSpan) bool {
	ended := func(limit time.Time) bool { return !s.off.IsZero() && !s.off.After(limit) }
	if w.kind == usage.Rolling {
		return !s.on.After(w.end) && !ended(w.start)
	}
	return s.on.Before(w.end) && !ended(w.start)
}

// activeUsers are the figures of an active-users meter in one window.
func (m *Model) activeUsers(o *organization, mt *meter, w window) []Sample {
	var (
		who      = o.people(w.t)
		statuses = o.statuses(who, w.judges)
		v        = mt.atEndOf(o.civil, w)
		matched  = map[string]map[string]bool{} // classes by person
		within   []*entry
	)
	match := func(person, class string) {
		if matched[person] == nil {
			matched[person] = map[string]bool{}
		}
		matched[person][class] = true
	}
	for _, e := range o.entries[mt] {
		if w.contains(e.time) {
			within = append(within, e)
			for _, class := range e.classes {
				match(who.of(e.user), class)
			}
		}
	}
	for _, span := range standingSpans(o.entries[mt], who, w.t) {
		if w.touches(span) {
			match(span.person, span.class)
		}
	}
	counts := make([]int, len(v.classes))
	for person, classes := range matched {
		for i, c := range v.classes {
			if classes[c.Name] && meets(c.Requires, statuses[person]) {
				counts[i]++
				break
			}
		}
	}
	var samples []Sample
	for i, c := range v.classes {
		labels := w.labels(mt)
		if len(v.Classes) > 0 {
			labels["class"], labels["billable"] = c.Name, strconv.FormatBool(c.Billable)
		}
		samples = append(samples, Sample{"usage_active_users", labels, float64(counts[i])})
	}
	return append(samples, m.activeBreakdowns(o, mt, w, v, within, who, statuses)...)
}

func meets(required, status string) bool { return required == "" || required == status }

// activeBreakdowns counts, of each value, the people of whom a qualifying
// action has it.
func (m *Model) activeBreakdowns(o *organization, mt *meter, w window, v version, within []*entry, who people, statuses map[string]string) []Sample {
	var samples []Sample
	for _, dimension := range sortedKeys(mt.Breakdowns) {
		users := map[string]map[string]bool{}
		for _, e := range within {
			person := who.of(e.user)
			qualifies := slices.ContainsFunc(v.classes, func(c Class) bool {
				return slices.Contains(e.classes, c.Name) && meets(c.Requires, statuses[person])
			})
			if !qualifies {
				continue
			}
			value := m.valueOf(o, mt, dimension, e)
			if users[value] == nil {
				users[value] = map[string]bool{}
			}
			users[value][person] = true
		}
		for _, value := range sortedKeys(users) {
			labels := w.labels(mt)
			labels["dimension"], labels["dimension_value"] = dimension, value
			samples = append(samples, Sample{"usage_active_users_breakdown", labels, float64(len(users[value]))})
		}
	}
	return samples
}

// valueKey names a dimension of a meter.
type valueKey struct {
	meter     *meter
	dimension string
}

// admitValues takes the values that an entry brings, first come.
func (m *Model) admitValues(o *organization, e *entry) {
	for dimension, value := range e.values {
		key := valueKey{e.meter, dimension}
		if o.values[key] == nil {
			o.values[key] = map[string]bool{}
		}
		if len(o.values[key]) < m.maxValues {
			o.values[key][value] = true
		}
	}
}

// valueOf returns the value of a dimension under which an entry counts.
func (m *Model) valueOf(o *organization, mt *meter, dimension string, e *entry) string {
	value, found := e.values[dimension]
	configured := mt.Breakdowns[dimension].Values
	switch {
	case !found:
		return usage.NoValue
	case len(configured) > 0 && !slices.Contains(configured, value):
		return usage.OtherValue
	case len(configured) == 0 && !o.values[valueKey{mt, dimension}][value]:
		return usage.OtherValue
	}
	return value
}
