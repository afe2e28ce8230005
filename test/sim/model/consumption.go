// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// consumption reads the value and the averages of an item.
func (mt *meter) consumption(p *entry, v version, e Event) *entry {
	p.needsUser, p.consumed = false, true
	switch written, found := e.Attributes[v.Value]; {
	case e.signal() == usage.Metrics.String():
		p.value, p.reason = micros(string(e.Value), mt.Corrections)
	case v.Value == "":
		p.value = usage.Micro
	case !found:
		p.reason = usage.ReasonNoValue
	default:
		p.value, p.reason = micros(written, mt.Corrections)
	}
	p.averages = map[string]int64{}
	for name, a := range mt.Averages {
		if value, reason := micros(e.Attributes[a.Attribute], true); reason == usage.ReasonNone {
			p.averages[name] = value
		}
	}
	return p
}

// total is a sum and of how many values it is.
type total struct {
	sum   int64
	count int
}

func (t total) add(value int64) total { return total{t.sum + value, t.count + 1} }

// micro returns a fixed-point number as a figure.
func micro(n int64) float64 { return float64(n) / usage.Micro }

// consumptionFigures are the figures of a consumption meter in one window.
func (m *Model) consumptionFigures(o *organization, mt *meter, w window) []Sample {
	who := o.people(w.t)
	var all total
	averages := map[string]total{}
	within := []*entry{}
	for _, e := range o.entries[mt] {
		if w.contains(e.time) {
			within = append(within, e)
			all = all.add(e.value)
			for name, value := range e.averages {
				averages[name] = averages[name].add(value)
			}
		}
	}
	samples := []Sample{
		{"usage_consumption", mt.withUnit(w.labels(mt)), micro(all.sum)},
		{"usage_consumption_events", w.labels(mt), float64(all.count)},
	}
	for _, name := range sortedKeys(mt.Averages) {
		samples = append(samples, averageSamples(mt, w, name, "", "", averages[name])...)
	}
	for _, dimension := range sortedKeys(mt.Breakdowns) {
		if b := mt.Breakdowns[dimension]; b.Attribute == "" {
			samples = append(samples, userSamples(mt, w, dimension, b, within, who)...)
		} else {
			samples = append(samples, m.valueSamples(o, mt, w, dimension, within)...)
		}
	}
	return samples
}

func (m *Model) valueSamples(o *organization, mt *meter, w window, dimension string, within []*entry) []Sample {
	totals, averages := map[string]total{}, map[string]map[string]total{}
	for _, e := range within {
		value := m.valueOf(o, mt, dimension, e)
		totals[value] = totals[value].add(e.value)
		if averages[value] == nil {
			averages[value] = map[string]total{}
		}
		for name, average := range e.averages {
			averages[value][name] = averages[value][name].add(average)
		}
	}
	var samples []Sample
	for _, value := range sortedKeys(totals) {
		samples = append(samples, breakdownSample(mt, w, dimension, value, totals[value].sum))
		for _, name := range sortedKeys(mt.Averages) {
			samples = append(samples, averageSamples(mt, w, name, dimension, value, averages[value][name])...)
		}
	}
	return samples
}

// userSamples are the top users by their sum and then by id; the others
// together are under __other__.
func userSamples(mt *meter, w window, dimension string, b Breakdown, within []*entry, who people) []Sample {
	if w.kind == usage.Rolling || !b.Reveal {
		return nil
	}
	sums := map[string]int64{}
	var samples []Sample
	nobody, anonymous := int64(0), false
	for _, e := range within {
		if e.user == "" {
			nobody, anonymous = nobody+e.value, true
		} else {
			sums[who.of(e.user)] += e.value
		}
	}
	if anonymous {
		samples = append(samples, breakdownSample(mt, w, dimension, usage.NoValue, nobody))
	}
	users := sortedKeys(sums)
	slices.SortStableFunc(users, func(a, b string) int { return compareInts(sums[b], sums[a]) })
	other := int64(0)
	for i, user := range users {
		if i < b.Top {
			samples = append(samples, breakdownSample(mt, w, dimension, user, sums[user]))
		} else {
			other += sums[user]
		}
	}
	if len(users) > b.Top {
		samples = append(samples, breakdownSample(mt, w, dimension, usage.OtherValue, other))
	}
	return samples
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func breakdownSample(mt *meter, w window, dimension, value string, sum int64) Sample {
	labels := w.labels(mt)
	labels["dimension"], labels["dimension_value"] = dimension, value
	return Sample{"usage_consumption_breakdown", labels, micro(sum)}
}

func averageSamples(mt *meter, w window, name, dimension, value string, t total) []Sample {
	labels := func() map[string]string {
		l := w.labels(mt)
		l["average"] = name
		if dimension != "" {
			l["dimension"], l["dimension_value"] = dimension, value
		}
		return l
	}
	return []Sample{
		{"usage_average_sum", labels(), micro(t.sum)},
		{"usage_average_count", labels(), float64(t.count)},
	}
}

func (mt *meter) withUnit(labels map[string]string) map[string]string {
	if mt.Unit != "" {
		labels["unit"] = mt.Unit
	}
	return labels
}
