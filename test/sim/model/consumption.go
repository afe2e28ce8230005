// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math/big"
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
		p.value = big.NewInt(usage.Micro)
	case !found:
		p.reason = usage.ReasonNoValue
	default:
		p.value, p.reason = micros(written, mt.Corrections)
	}
	p.averages = map[string]*big.Int{}
	for name, a := range mt.Averages {
		if value, reason := micros(e.Attributes[a.Attribute], true); reason == usage.ReasonNone {
			p.averages[name] = value
		}
	}
	return p
}

// total is a sum and of how many values it is.
type total struct {
	sum   big.Int
	count int
}

func (t *total) add(value *big.Int) {
	t.sum.Add(&t.sum, value)
	t.count++
}

// totals are some by name.
type totals map[string]*total

// of returns one of them, which is nothing until it is added to.
func (t totals) of(name string) *total {
	if t[name] == nil {
		t[name] = &total{}
	}
	return t[name]
}

// micro returns a fixed-point number as a figure: the nearest.
func micro(n *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(n, big.NewInt(usage.Micro)).Float64()
	return f
}

// within is what a meter has in a window.
func (o *organization) within(mt *meter, w window) *total {
	all := &total{}
	for _, e := range o.entries[mt] {
		if w.contains(e.time) {
			all.add(e.value)
		}
	}
	return all
}

// consumptionFigures are the figures of a consumption meter in one window.
func (m *Model) consumptionFigures(o *organization, mt *meter, w window) []Sample {
	who := o.people(w.t)
	all, averages := o.within(mt, w), totals{}
	within := []*entry{}
	for _, e := range o.entries[mt] {
		if w.contains(e.time) {
			within = append(within, e)
			for name, value := range e.averages {
				averages.of(name).add(value)
			}
		}
	}
	samples := []Sample{
		{"usage_consumption", mt.withUnit(w.labels(mt)), micro(&all.sum)},
		{"usage_consumption_events", w.labels(mt), float64(all.count)},
	}
	for _, name := range sortedKeys(mt.Averages) {
		samples = append(samples, averageSamples(mt, w, name, "", "", averages.of(name))...)
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
	sums, averages := totals{}, map[string]totals{}
	for _, e := range within {
		value := m.valueOf(o, mt, dimension, e)
		sums.of(value).add(e.value)
		if averages[value] == nil {
			averages[value] = totals{}
		}
		for name, average := range e.averages {
			averages[value].of(name).add(average)
		}
	}
	var samples []Sample
	for _, value := range sortedKeys(sums) {
		samples = append(samples, breakdownSample(mt, w, dimension, value, sums[value]))
		for _, name := range sortedKeys(mt.Averages) {
			samples = append(samples, averageSamples(mt, w, name, dimension, value, averages[value].of(name))...)
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
	sums, nobody, other := totals{}, &total{}, &total{}
	var samples []Sample
	for _, e := range within {
		if e.user == "" {
			nobody.add(e.value)
		} else {
			sums.of(who.of(e.user)).add(e.value)
		}
	}
	if nobody.count > 0 {
		samples = append(samples, breakdownSample(mt, w, dimension, usage.NoValue, nobody))
	}
	users := sortedKeys(sums)
	slices.SortStableFunc(users, func(a, b string) int { return sums[b].sum.Cmp(&sums[a].sum) })
	for i, user := range users {
		if i < b.Top {
			samples = append(samples, breakdownSample(mt, w, dimension, user, sums[user]))
		} else {
			other.add(&sums[user].sum)
		}
	}
	if len(users) > b.Top {
		samples = append(samples, breakdownSample(mt, w, dimension, usage.OtherValue, other))
	}
	return samples
}

func breakdownSample(mt *meter, w window, dimension, value string, t *total) Sample {
	labels := w.labels(mt)
	labels["dimension"], labels["dimension_value"] = dimension, value
	return Sample{"usage_consumption_breakdown", labels, micro(&t.sum)}
}

func averageSamples(mt *meter, w window, name, dimension, value string, t *total) []Sample {
	labels := func() map[string]string {
		l := w.labels(mt)
		l["average"] = name
		if dimension != "" {
			l["dimension"], l["dimension_value"] = dimension, value
		}
		return l
	}
	return []Sample{
		{"usage_average_sum", labels(), micro(&t.sum)},
		{"usage_average_count", labels(), float64(t.count)},
	}
}

func (mt *meter) withUnit(labels map[string]string) map[string]string {
	if mt.Unit != "" {
		labels["unit"] = mt.Unit
	}
	return labels
}
