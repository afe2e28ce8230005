// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"fmt"
	"hash/maphash"
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

// ValueHash stands for a value where it is looked for. It is keyed, of 64 bits
// and of this process only: that two of the few values of a breakdown share one
// is as good as impossible, as it is for users.
func ValueHash(name string) uint64 { return maphash.String(valueSeed, name) }

var valueSeed = maphash.MakeSeed()

// Values numbers the values of one breakdown of one organization: a fixed
// list, or first come. First-come values have a place each, up to a limit; what
// is beyond is otherValue. A value gives its place up when it has not been used
// for long, but keeps its number, which statements name it by: if it is used
// again it has to find a place like any other. They are few: looking through
// their places, which lie side by side, is faster than a map. Where they are many
// there is one.
type Values struct {
	places []place           // by number
	many   map[uint64]uint32 // by hash, the numbers of more than fewValues, with or without a place; else nil
	Names  []string
	placed int32 // how many have a place, besides the two that every breakdown has
	Fixed  bool
}

// place is that of a value.
type place struct {
	hash uint64        // 0: it has none
	used period.Minute // the latest use
	note uint32        // see Note
}

// NewValues numbers those of the list, if the breakdown has one.
func NewValues(b *usage.Breakdown, now period.Minute) Values {
	v := Values{Fixed: b.Values != nil}
	v.Restore(b.Values, now)
	return v
}

// Find returns the number of a value that has a place.
func (v *Values) Find(hash uint64) (n uint32, known bool) {
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
	hash := ValueHash(name)
	n := v.numbered(name, hash)
	if n < 0 {
		n = len(v.Names)
		v.Names, v.places = append(v.Names, name), append(v.places, place{})
		v.index(n)
	}
	v.places[n].hash, v.places[n].used = hash, now
	if n > int(otherValue) {
		v.placed++
	}
	return uint32(n)
}

// fewValues are as good as none to look through.
const fewValues = 128

// index makes a value that was just appended known to the map, or the map.
func (v *Values) index(n int) {
	switch {
	case v.many != nil:
		v.many[ValueHash(v.Names[n])] = uint32(n)
	case n >= fewValues:
		v.many = make(map[uint64]uint32, 2*n)
		for n, name := range v.Names {
			v.many[ValueHash(name)] = uint32(n)
		}
	}
}

// numbered returns the number of a value that has one, -1 else.
func (v *Values) numbered(name string, hash uint64) int {
	if v.many == nil {
		return slices.Index(v.Names, name)
	}
	if n, known := v.many[hash]; known {
		return int(n)
	}
	return -1
}

// Number returns the number of a value; isNew tells that it took a place of
// its own just now. limit is the number of first-come values.
func (v *Values) Number(name string, limit int, now period.Minute) (n uint32, isNew bool) {
	if n, known := v.Find(ValueHash(name)); known {
		return n, false
	}
	if v.Fixed || int(v.placed) >= limit {
		return otherValue, false
	}
	return v.Place(name, now), true
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
	if v.Fixed {
		return
	}
	for n := otherValue + 1; int(n) < len(v.Names); n++ {
		if v.places[n].hash != 0 && v.places[n].used < before {
			v.places[n].hash = 0
			v.placed--
		}
	}
}

// Restore numbers the values as they were stored, and those of the list that
// are new behind them.
func (v *Values) Restore(names []string, now period.Minute) {
	var list []string
	if len(v.Names) > 0 {
		list = v.Names[2:]
	}
	*v = Values{Fixed: v.Fixed}
	for _, name := range slices.Concat([]string{usage.NoValue, usage.OtherValue}, names, list) {
		if _, known := v.Find(ValueHash(name)); !known {
			v.Place(name, now)
		}
	}
}

// Came reports whether any value has a number that no list gives it.
func (v Values) Came() bool { return !v.Fixed && len(v.Names) > int(otherValue)+1 }

// EncodePlaces appends, for each value from number 2 on, 0 where it has no
// place, else 1 + the minute of its latest use.
func (v *Values) EncodePlaces(e *wire.Encoder) {
	e.Uint(uint64(len(v.Names) - 2))
	for n := 2; n < len(v.Names); n++ {
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
		case n >= len(v.Names):
			d.Fail()
			return
		case stored == 0 && !v.Fixed:
			v.places[n].hash = 0
			v.placed--
		case stored != 0:
			v.places[n].used = period.Minute(stored - 1)
		}
	}
}

// Named returns the number of a value that came, -1 where none is called so.
func (v *Values) Named(name string) int {
	for n := int(otherValue) + 1; n < len(v.Names); n++ {
		if v.Names[n] == name {
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
	delete(v.many, ValueHash(name))
	v.Names[n] = fmt.Sprintf("__erased_%d__", n)
	v.index(n)
	if v.places[n].hash != 0 {
		v.places[n].hash = ValueHash(v.Names[n])
	}
}
