// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Sample is one sample of one series of INTERFACE.
type Sample struct {
	Name   string
	Labels map[string]string
	Value  float64
}

// Key returns the canonical name of a series: name{label="value",...} with the
// labels in order.
func Key(name string, labels map[string]string) string {
	key := append([]byte(name), '{')
	for i, label := range sortedKeys(labels) {
		if i > 0 {
			key = append(key, ',')
		}
		key = append(append(key, label...), '=')
		key = strconv.AppendQuote(key, labels[label])
	}
	return string(append(key, '}'))
}

// Collect returns all figures at a whole minute, by the Key of their series.
// at must not lie before the now of an earlier call.
func (m *Model) Collect(at time.Time) map[string]float64 {
	figures := map[string]float64{}
	for _, s := range m.Samples(at) {
		figures[Key(s.Name, s.Labels)] = s.Value
	}
	return figures
}

// Samples is Collect with the labels taken apart.
func (m *Model) Samples(at time.Time) []Sample {
	m.begin(at)
	heldUp := slices.ContainsFunc(m.outages, func(o outage) bool { return o.down.Before(o.up) })
	m.takeSamples(at, func(due time.Time, first bool) bool { return first && !heldUp || !due.After(at) })
	m.pass(at)
	var all []Sample
	for _, id := range sortedKeys(m.organizations) {
		o := m.organizations[id]
		samples := o.counters()
		if id != usage.NoOrganization {
			samples = append(samples, m.figures(o, at)...)
		}
		for _, s := range samples {
			s.Labels = maps.Clone(s.Labels)
			s.Labels["organization"] = id
			all = append(all, s)
		}
	}
	return all
}

// counters are the items by outcome, zeros included, and what meters could not
// use.
func (o *organization) counters() []Sample {
	var samples []Sample
	for signal := range usage.NumSignals {
		for outcome := usage.Unmatched; int(outcome) < usage.NumOutcomes; outcome++ {
			key := [2]string{usage.Signal(signal).String(), outcome.String()}
			labels := map[string]string{"signal": key[0], "outcome": key[1]}
			samples = append(samples, Sample{"usage_items_total", labels, float64(o.items[key])})
		}
	}
	for key, n := range o.rejected {
		samples = append(samples, Sample{"usage_meter_rejected_total", map[string]string{"meter": key[0], "reason": key[1]}, float64(n)})
	}
	return samples
}

func (m *Model) figures(o *organization, at time.Time) []Sample {
	var samples []Sample
	var last time.Time
	for _, t := range o.counted {
		if t.After(last) && !t.After(at) {
			last = t
		}
	}
	if !last.IsZero() {
		samples = append(samples, Sample{"usage_last_event_timestamp_seconds", map[string]string{}, float64(last.UnixNano()) / 1e9})
	}
	samples = append(samples, o.registered(at, func(t time.Time) bool { return !t.After(at) })...)
	for _, mt := range m.meters {
		if !m.has(o, mt) {
			continue
		}
		switch mt.Type {
		case usage.ConcurrentUsers.String():
			hours := o.hours(mt, at)
			samples = append(samples, m.concurrentFigures(o, mt, at, hours)...)
			for _, w := range m.windowsOf(o, mt, at) {
				samples = append(samples, m.peakFigures(o, mt, w, hours)...)
			}
			continue
		case usage.Consumption.String():
			samples = append(samples, o.consumed(mt, at)...)
		}
		for _, w := range m.windowsOf(o, mt, at) {
			samples = append(samples, m.kept(o, mt, w)...)
		}
	}
	samples = append(samples, m.periodFigures(o, at)...)
	return append(samples, m.quotaFigures(o, at, samples)...)
}

// has reports whether an organization has a meter: it has bought it, has a
// quota on it, or has ever used it.
func (m *Model) has(o *organization, mt *meter) bool {
	sold := m.config.Organizations[o.id]
	_, limited := sold.Quotas[mt.name]
	return limited || slices.Contains(sold.Meters, mt.name) || len(o.entries[mt]) > 0
}

// registered counts people by their lifecycle status at t, as judged by what
// happened then, and those without one who ever had a standing activity.
func (o *organization) registered(t time.Time, judges func(time.Time) bool) []Sample {
	statuses := o.statuses(o.people(t), judges)
	counts := map[string]int{"standing": o.everStood(statuses, t, judges)}
	for _, status := range statuses {
		counts[status]++
	}
	var samples []Sample
	for _, status := range []string{"standing", "registered", "suspended", "removed"} {
		samples = append(samples, Sample{"usage_registered_users", map[string]string{"status": status}, float64(counts[status])})
	}
	return samples
}

// consumed is the counter of everything that was counted up to t; with
// corrections it would go down, and is absent.
func (o *organization) consumed(mt *meter, t time.Time) []Sample {
	if mt.Corrections {
		return nil
	}
	var sum big.Int
	for _, e := range o.entries[mt] {
		if !e.time.After(t) {
			sum.Add(&sum, e.value)
		}
	}
	return []Sample{{"usage_consumption_total", mt.withUnit(map[string]string{"meter": mt.name}), micro(&sum)}}
}

// windowsOf returns all windows of a meter at t that exist as figures: the
// running ones, and the periods before that began within the acceptance span
// of the model's first day or later.
func (m *Model) windowsOf(o *organization, mt *meter, t time.Time) []window {
	var windows []window
	for _, w := range mt.windows {
		if w.Kind == usage.Rolling {
			windows = append(windows, window{name: w.String(), period: usage.PeriodName(0), kind: w.Kind, start: t.Add(-w.Length()), end: t, t: t, running: true})
			continue
		}
		at := t
		for i := range 3 {
			p := o.civil.period(w.Kind, at)
			if i > 0 && p.start.Before(m.birth.Add(-m.past)) {
				break
			}
			windows = append(windows, window{name: w.String(), period: usage.PeriodName(i), kind: w.Kind, start: p.start, end: p.end, t: t, running: i == 0})
			at = p.start.Add(-1)
		}
	}
	return windows
}

func (w window) labels(mt *meter) map[string]string {
	return map[string]string{"meter": mt.name, "window": w.name, "period": w.period}
}

// windowFigures works out the figures of one window from all events.
func (m *Model) windowFigures(o *organization, mt *meter, w window) []Sample {
	if mt.Type == usage.Consumption.String() {
		return m.consumptionFigures(o, mt, w)
	}
	return m.activeUsers(o, mt, w)
}

// kept returns the figures of a window, of a frozen period those that it had.
func (m *Model) kept(o *organization, mt *meter, w window) []Sample {
	frozen, known := o.frozen[frozenKey{mt, w.name, w.start.Unix()}]
	if !known || w.kind == usage.Rolling {
		return m.windowFigures(o, mt, w)
	}
	samples := make([]Sample, len(frozen))
	for i, s := range frozen {
		samples[i] = Sample{s.Name, maps.Clone(s.Labels), s.Value}
		samples[i].Labels["period"] = w.period
	}
	return samples
}
