// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package person

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
)

// Switches make stretches: of each key, from an on to the next switch. Nearly all
// who have any have a few, which are looked through. Of a person with more of them
// the stretches of a class are kept in order as well, so that what is asked of
// them is found in log n.
//
//	from     8:00        9:00   9:30      11:00
//	to            8:45     12:00    9:50       11:10     of one key or of several
//	latest        8:45     12:00   12:00       12:00
//
// Somebody stands in [start, end) if the latest of those that begin before its end
// is after its start.

// fewSwitches are as good as none to look through.
const fewSwitches = 16

// stretches are those of a class, by from and to. Those that are empty are left out.
type stretches struct {
	meter uint16
	class uint8
	all   []stretch
}

type stretch struct {
	from, to int64
	latest   int64 // to of this one or of one before it
}

func compareStretches(a, b stretch) int {
	return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
}

// standing is what is known of the keys that somebody has switched.
type standing struct {
	switches  []StandingSwitch // in the order of CompareSwitch
	stood     int64            // the first on, ns; 0: none
	stretches []stretches      // of many switches, else nil
}

// nothing is what those have switched who have switched nothing.
var nothing standing

// stands returns what is known of a person's keys, to be read.
func (p *Timeline) stands() *standing {
	if p == nil || p.standing == nil {
		return &nothing
	}
	return p.standing
}

// Switch enters a switch and reports whether it is new.
func (p *Timeline) Switch(s StandingSwitch) bool {
	if p.standing == nil {
		p.standing = &standing{}
	}
	k := p.standing
	i, known := slices.BinarySearchFunc(k.switches, s, CompareSwitch)
	if known {
		return false
	}
	to := k.until(i, s)
	k.switches = slices.Insert(k.switches, i, s)
	if !s.Off && (k.stood == 0 || s.At < k.stood) {
		k.stood = s.At
	}
	switch {
	case len(k.switches) <= fewSwitches:
		return true
	case k.stretches == nil:
		k.index()
		return true
	}
	if i > 0 && s.sameKey(k.switches[i-1]) {
		k.cut(k.switches[i-1], to, s.At)
	}
	k.cut(s, s.At, to)
	return true
}

// until returns when the key of a switch that has a place is switched next, MaxInt64
// for never.
func (k *standing) until(i int, s StandingSwitch) int64 {
	if i < len(k.switches) && s.sameKey(k.switches[i]) {
		return k.switches[i].At
	}
	return math.MaxInt64
}

// UntilSwitch returns when the key of a switch that is not there is switched next.
func (p *Timeline) UntilSwitch(s StandingSwitch) int64 {
	k := p.stands()
	i, _ := slices.BinarySearchFunc(k.switches, s, CompareSwitch)
	return k.until(i, s)
}

func (s StandingSwitch) sameKey(other StandingSwitch) bool {
	return s.Meter == other.Meter && s.Key == other.Key
}

// index finds the stretches of all switches.
func (k *standing) index() {
	k.stretches = make([]stretches, 0, 1)
	for on, to := range k.stretchesOf {
		k.cut(on, on.At, to)
	}
}

// stretchesOf yields each on with the end of its stretch: MaxInt64 while it lasts.
func (k *standing) stretchesOf(yield func(on StandingSwitch, to int64) bool) {
	for i, s := range k.switches {
		if s.Off {
			continue
		}
		to := int64(math.MaxInt64)
		if i+1 < len(k.switches) && s.sameKey(k.switches[i+1]) {
			to = k.switches[i+1].At
		}
		if !yield(s, to) {
			return
		}
	}
}

// cut makes the stretch of an on, which ended at one instant, end at another.
func (k *standing) cut(on StandingSwitch, was, to int64) {
	if on.Off || was == to {
		return
	}
	s := k.stretchesIn(on.Meter, on.Class)
	if s == nil {
		k.stretches = append(k.stretches, stretches{meter: on.Meter, class: on.Class})
		s = &k.stretches[len(k.stretches)-1]
	}
	first := len(s.all)
	if was != on.At {
		at, _ := slices.BinarySearchFunc(s.all, stretch{from: on.At, to: was}, compareStretches)
		s.all = slices.Delete(s.all, at, at+1)
		first = at
	}
	if to != on.At {
		added := stretch{from: on.At, to: to}
		at, _ := slices.BinarySearchFunc(s.all, added, compareStretches)
		s.all = slices.Insert(s.all, at, added)
		first = min(first, at)
	}
	latest := int64(math.MinInt64)
	if first > 0 {
		latest = s.all[first-1].latest
	}
	for i := first; i < len(s.all); i++ {
		latest = max(latest, s.all[i].to)
		s.all[i].latest = latest
	}
}

// stretchesIn returns those of a class, nil where there are none.
func (k *standing) stretchesIn(meter uint16, class uint8) *stretches {
	for i := range k.stretches {
		if s := &k.stretches[i]; s.meter == meter && s.class == class {
			return s
		}
	}
	return nil
}

// Stretches calls f for each stretch [on.At, to) in which a key of the meter is on;
// to is MaxInt64 while it still is.
func (p *Timeline) Stretches(meter uint16, f func(on StandingSwitch, to int64)) {
	for on, to := range p.stands().stretchesOf {
		if on.Meter == meter {
			f(on, to)
		}
	}
}

// StoodBefore reports whether any key was ever switched on before an instant.
func (p *Timeline) StoodBefore(ns int64) bool {
	stood := p.stands().stood
	return stood != 0 && stood < ns
}

// Stood reports whether a person may have stood in a meter: its keys were switched.
func (p *Timeline) Stood(meter uint16) bool {
	k := p.stands()
	if k.stood == 0 {
		return false
	}
	i, _ := slices.BinarySearchFunc(k.switches, meter, func(s StandingSwitch, meter uint16) int { return cmp.Compare(s.Meter, meter) })
	return i < len(k.switches) && k.switches[i].Meter == meter
}

// StandsIn reports whether a class of the meter is on at some instant of
// [start, end).
func (p *Timeline) StandsIn(meter uint16, class uint8, start, end period.Minute) (found bool) {
	if k := p.stands(); k.stretches != nil {
		s := k.stretchesIn(meter, class)
		if s == nil {
			return false
		}
		n, _ := slices.BinarySearchFunc(s.all, end.Ns(), func(s stretch, end int64) int { return cmp.Compare(s.from, end) })
		return n > 0 && s.all[n-1].latest > start.Ns()
	}
	p.Stretches(meter, func(on StandingSwitch, to int64) {
		found = found || on.Class == class && on.At < to && on.At < end.Ns() && to > start.Ns()
	})
	return found
}

// LastStanding returns the minute from which on the class's standing activity
// is past, as a latest action would be: forever while it is on, 0 for none.
func (p *Timeline) LastStanding(meter uint16, class uint8) period.Minute {
	latest := p.latest(meter, class)
	switch latest {
	case 0:
		return 0
	case math.MaxInt64:
		return forever
	}
	return max(0, period.Ceil(latest))
}

// latest returns the end of the stretch of a class that ends last, 0 for none.
func (p *Timeline) latest(meter uint16, class uint8) (latest int64) {
	if k := p.stands(); k.stretches != nil {
		if s := k.stretchesIn(meter, class); s != nil && len(s.all) > 0 {
			return s.all[len(s.all)-1].latest
		}
		return 0
	}
	p.Stretches(meter, func(on StandingSwitch, to int64) {
		if on.Class == class && on.At < to {
			latest = max(latest, to)
		}
	})
	return latest
}

// Standing reports whether any key of the meter is on.
func (p *Timeline) Standing(meter uint16) (on bool) {
	if k := p.stands(); k.stretches != nil {
		for i := range k.stretches {
			if s := &k.stretches[i]; s.meter == meter && p.latest(meter, s.class) == math.MaxInt64 {
				return true
			}
		}
		return false
	}
	p.Stretches(meter, func(_ StandingSwitch, to int64) { on = on || to == math.MaxInt64 })
	return on
}
