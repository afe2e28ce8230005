// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Numbers of the two values that every breakdown has.
const (
	NoValue    = uint32(0)
	otherValue = uint32(1)
)

// Values numbers the values that one organization has of one breakdown: a fixed
// list, or first come. First-come values have a place each, up to a limit; what
// is beyond is otherValue. A value gives its place up when it has not been used
// for long, but keeps its number, which statements name it by: if it is used
// again it has to find a place like any other. They are few: looking through
// their places, which lie side by side, is faster than a map. Where they are many
// there is one. Values fill a line of memory.
type Values struct {
	places []place           // by number
	many   map[uint64]uint32 // by hash, the numbers of more than fewValues, with or without a place; else nil
	of     *Dictionary
	all    []*Value // by number
}

// place is that of a value.
type place struct {
	hash uint64        // 0: it has none
	used period.Minute // the latest use
	note uint32        // see Note
}

// NewValues numbers those of the list, if the breakdown has one.
func NewValues(of *Dictionary) Values {
	v := Values{of: of}
	v.Restore(nil, 0)
	return v
}

// NumberAll numbers those of each breakdown of a meter. Those of a list keep their places,
// whenever they were used.
func NumberAll(of []*Dictionary) (all []Values) {
	for _, d := range of {
		all = append(all, NewValues(d))
	}
	return all
}

// Fixed reports whether the breakdown has a list.
func (v *Values) Fixed() bool { return v.of.list != nil }

// Len returns how many values have a number.
func (v *Values) Len() int { return len(v.all) }

// Of returns the value of a number.
func (v *Values) Of(n uint32) *Value { return v.all[n] }

// Find returns the number of a value that has a place.
func (v *Values) Find(name string) (n uint32, known bool) {
	hash := v.of.book.Hash(name)
	if v.many != nil {
		n, known = v.many[hash]
		return n, known && v.places[n].hash == hash
	}
	for i := range v.places {
		if v.places[i].hash == hash {
			return uint32(i), true
		}
	}
	return 0, false
}

// Place gives a value that has none a place, and a number if it never had one.
func (v *Values) Place(name string, now period.Minute) uint32 {
	value := v.of.Value(name)
	n := v.numbered(value)
	if n < 0 {
		n = len(v.all)
		v.all, v.places = append(v.all, value), append(v.places, place{})
		v.index(n)
	}
	v.places[n].hash, v.places[n].used = value.hash, now
	return uint32(n)
}

// fewValues are as good as none to look through.
const fewValues = 128

// index makes a value that was just appended known to the map, or the map.
func (v *Values) index(n int) {
	switch {
	case v.many != nil:
		v.many[v.all[n].hash] = uint32(n)
	case n >= fewValues:
		v.many = make(map[uint64]uint32, 2*n)
		for n, value := range v.all {
			v.many[value.hash] = uint32(n)
		}
	}
}

// numbered returns the number of a value that has one, -1 else.
func (v *Values) numbered(value *Value) int {
	if v.many == nil {
		return slices.Index(v.all, value)
	}
	if n, known := v.many[value.hash]; known {
		return int(n)
	}
	return -1
}

// Number returns the number of a value; isNew tells that it took a place of
// its own just now. limit is the number of first-come values.
func (v *Values) Number(name string, limit int, now period.Minute) (n uint32, isNew bool) {
	if n, known := v.Find(name); known {
		return n, false
	}
	if v.Fixed() || v.full(limit) {
		return otherValue, false
	}
	return v.Place(name, now), true
}

// full reports whether so many values have a place, besides the two that every breakdown
// has.
func (v *Values) full(limit int) bool {
	for n := otherValue + 1; int(n) < len(v.places) && limit > 0; n++ {
		if v.places[n].hash != 0 {
			limit--
		}
	}
	return limit <= 0
}

// Prefetch asks for the places of the first values: few breakdowns have more.
func (v *Values) Prefetch() { prefetch.All(v.places[:min(len(v.places), 8)]) }

// Note returns what the meter's kind has set last of a value, 0 where it has set nothing:
// it stands where the value is found, so that it costs no look elsewhere.
func (v *Values) Note(n uint32) uint32 {
	if int(n) < len(v.places) {
		return v.places[n].note
	}
	return 0
}

// SetNote notes a number of a value that has one.
func (v *Values) SetNote(n, note uint32) { v.places[n].note = note }

// ForgetNotes forgets what was set of all values.
func (v *Values) ForgetNotes() {
	for i := range v.places {
		v.places[i].note = 0
	}
}

// Use takes down that an event of a minute has a value.
func (v *Values) Use(n uint32, at period.Minute) {
	if int(n) < len(v.places) {
		v.places[n].used = max(v.places[n].used, at)
	}
}

// Vacate takes the places of first-come values that were last used before a
// minute.
func (v *Values) Vacate(before period.Minute) {
	if v.Fixed() {
		return
	}
	for n := otherValue + 1; int(n) < len(v.all); n++ {
		if v.places[n].hash != 0 && v.places[n].used < before {
			v.places[n].hash = 0
		}
	}
}

// Restore numbers the values as they were stored, and those of the list that
// are new behind them.
func (v *Values) Restore(names []string, now period.Minute) {
	*v = Values{of: v.of}
	for _, name := range slices.Concat([]string{usage.NoValue, usage.OtherValue}, names, v.of.list) {
		if _, known := v.Find(name); !known {
			v.Place(name, now)
		}
	}
}

// Names returns those of the values that are not the two that every breakdown has.
func (v *Values) Names() []string {
	names := make([]string, 0, len(v.all)-2)
	for _, value := range v.all[2:] {
		names = append(names, value.Name)
	}
	return names
}

// Came reports whether any value has a number that no list gives it.
func (v Values) Came() bool { return !v.Fixed() && len(v.all) > int(otherValue)+1 }

// EncodePlaces appends, for each value from number 2 on, 0 where it has no
// place, else 1 + the minute of its latest use.
func (v *Values) EncodePlaces(e *wire.Encoder) {
	e.Uint(uint64(len(v.all) - 2))
	for n := 2; n < len(v.all); n++ {
		if v.places[n].hash == 0 {
			e.Uint(0)
		} else {
			e.Uint(uint64(v.places[n].used) + 1)
		}
	}
}

// DecodePlaces reads them. Without any state to read them into, v is nil.
func (v *Values) DecodePlaces(d *wire.Decoder) {
	for i := range d.Count(1) {
		stored, n := d.Uint(), i+2
		switch {
		case v == nil:
		case n >= len(v.all):
			d.Fail()
			return
		case stored == 0 && !v.Fixed():
			v.places[n].hash = 0
		case stored != 0:
			v.places[n].used = period.Minute(stored - 1)
		}
	}
}

// Named returns the number of a value that came, -1 where none is called so.
func (v *Values) Named(name string) int {
	for n := int(otherValue) + 1; n < len(v.all); n++ {
		if v.all[n].Name == name {
			return n
		}
	}
	return -1
}

// Forget puts a number in the place of a value's name. What was counted for it stays
// with its number.
func (v *Values) Forget(name string) {
	n := v.Named(name)
	if n < 0 {
		return
	}
	delete(v.many, v.all[n].hash)
	v.all[n] = v.of.Value(fmt.Sprintf("__erased_%d__", n))
	v.index(n)
	if v.places[n].hash != 0 {
		v.places[n].hash = v.all[n].hash
	}
}
