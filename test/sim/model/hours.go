// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"maps"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// hours returns the users in each clock hour by the events up to t, by unix
// second of the hour's start. Hours that ended before the acceptance span keep
// the count that they had.
func (o *organization) hours(mt *meter, t time.Time) map[int64]int {
	who := o.people(t)
	users := map[int64]map[string]bool{}
	frozen := o.frozenTo[mt].Add(-2 * time.Hour) // hours of older entries are
	for _, e := range o.entries[mt] {
		if !e.hourly || e.time.After(t) || e.time.Before(frozen) {
			continue
		}
		start := o.civil.period(usage.Hour, e.time).start.Unix()
		if users[start] == nil {
			users[start] = map[string]bool{}
		}
		users[start][who.of(e.user)] = true
	}
	counts := map[int64]int{}
	for start, distinct := range users {
		counts[start] = len(distinct)
	}
	maps.Copy(counts, o.frozenHours[mt])
	return counts
}

// hourFigures are the users of the running hour and of the one before.
func hourFigures(o *organization, mt *meter, t time.Time, hours map[int64]int) []Sample {
	var samples []Sample
	current := o.civil.period(usage.Hour, t)
	previous := o.civil.period(usage.Hour, current.start.Add(-1))
	for i, hour := range []period{current, previous} {
		labels := map[string]string{"meter": mt.name, "period": usage.PeriodName(i)}
		samples = append(samples, Sample{"usage_hour_users", labels, float64(hours[hour.start.Unix()])})
	}
	return samples
}

// frozenKey names a period of a meter's window.
type frozenKey struct {
	meter  *meter
	window string
	start  int64
}

// revises reports whether events may revise what ended before the acceptance
// span: an alias, or an action of lifecycle or standing.
func (m *Model) revises(events []Event) bool {
	var actions []string
	actions = append(actions, m.config.Aliases.Actions...)
	for _, of := range m.config.Lifecycle {
		actions = append(actions, of...)
	}
	for _, mt := range m.meters {
		for _, v := range mt.versions {
			if v.Standing != nil {
				actions = append(append(actions, v.Standing.On...), v.Standing.Off...)
			}
		}
	}
	return slices.ContainsFunc(events, func(e Event) bool { return slices.Contains(actions, e.Action) })
}

// freeze keeps the figures of all periods and hours that ended before the
// acceptance span: what arrives from now on does not revise them. Nothing has
// revised them since they left it, as long as it is called before anything
// that could.
func (m *Model) freeze(now time.Time) {
	limit := now.Add(-m.past)
	for _, o := range m.organizations {
		for _, mt := range m.meters {
			if mt.Type == usage.ConcurrentUsers.String() {
				o.freezeHours(mt, now, limit)
				continue
			}
			for _, w := range m.windowsOf(o, mt, now) {
				key := frozenKey{mt, w.name, w.start.Unix()}
				if _, known := o.frozen[key]; !known && !w.running && !w.end.After(limit) {
					o.frozen[key] = m.windowFigures(o, mt, w)
				}
			}
		}
	}
}

func (o *organization) freezeHours(mt *meter, now, limit time.Time) {
	if o.frozenHours[mt] == nil {
		o.frozenHours[mt] = map[int64]int{}
	}
	for start, n := range o.hours(mt, now) {
		_, known := o.frozenHours[mt][start]
		if !known && !o.civil.period(usage.Hour, time.Unix(start, 0)).end.After(limit) {
			o.frozenHours[mt][start] = n
		}
	}
	o.frozenTo[mt] = limit
}
