// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Numbers of the two values that every breakdown has.
const (
	noValue    = uint32(0)
	otherValue = uint32(1)
)

// ValueHash stands for a value where it is looked for. It is keyed, of 64 bits
// and of this process only: that two of the few values of a breakdown share one
// is as good as impossible, as it is for users.
func ValueHash(name string) uint64 { return maphash.String(valueSeed, name) }

var valueSeed = maphash.MakeSeed()

// values numbers the values of one breakdown of one organization: a fixed
// list, or first come. First-come values have a place each, up to a limit; what
// is beyond is otherValue. A value gives its place up when it has not been used
// for long, but keeps its number, which statements name it by: if it is used
// again it has to find a place like any other. They are few: looking through
// their hashes, which lie side by side, is faster than a map.
type values struct {
	names  []string
	hashes []uint64        // by number; 0: it has no place
	used   []period.Minute // by number: the latest use
	placed int             // how many have a place, besides the two that every breakdown has
	fixed  bool
}

// newValues numbers those of the list, if the breakdown has one.
func newValues(b *usage.Breakdown, now period.Minute) *values {
	v := &values{fixed: b.Values != nil}
	v.restore(b.Values, now)
	return v
}

// find returns the number of a value that has a place.
func (v *values) find(hash uint64) (n uint32, known bool) {
	i := slices.Index(v.hashes, hash)
	return uint32(i), i >= 0
}

// place gives a value that has none a place, and a number if it never had one.
func (v *values) place(name string, now period.Minute) uint32 {
	n := slices.Index(v.names, name)
	if n < 0 {
		n = len(v.names)
		v.names, v.hashes, v.used = append(v.names, name), append(v.hashes, 0), append(v.used, 0)
	}
	v.hashes[n], v.used[n] = ValueHash(name), now
	if n > int(otherValue) {
		v.placed++
	}
	return uint32(n)
}

// number returns the number of a value; isNew tells that it took a place of
// its own just now. limit is the number of first-come values.
func (v *values) number(name string, limit int, now period.Minute) (n uint32, isNew bool) {
	if n, known := v.find(ValueHash(name)); known {
		return n, false
	}
	if v.fixed || v.placed >= limit {
		return otherValue, false
	}
	return v.place(name, now), true
}

// use notes that an event of a minute has a value.
func (v *values) use(n uint32, at period.Minute) {
	if int(n) < len(v.used) {
		v.used[n] = max(v.used[n], at)
	}
}

// vacate takes the places of first-come values that were last used before a
// minute.
func (v *values) vacate(before period.Minute) {
	if v.fixed {
		return
	}
	for n := otherValue + 1; int(n) < len(v.names); n++ {
		if v.hashes[n] != 0 && v.used[n] < before {
			v.hashes[n] = 0
			v.placed--
		}
	}
}

// restore numbers the values as they were stored, and those of the list that
// are new behind them.
func (v *values) restore(names []string, now period.Minute) {
	var list []string
	if len(v.names) > 0 {
		list = v.names[2:]
	}
	*v = values{fixed: v.fixed}
	for _, name := range slices.Concat([]string{usage.NoValue, usage.OtherValue}, names, list) {
		if _, known := v.find(ValueHash(name)); !known {
			v.place(name, now)
		}
	}
}

// encodePlaces appends, for each value from number 2 on, 0 where it has no
// place, else 1 + the minute of its latest use.
func (v *values) encodePlaces(e *wire.Encoder) {
	e.Uint(uint64(len(v.names) - 2))
	for n := 2; n < len(v.names); n++ {
		if v.hashes[n] == 0 {
			e.Uint(0)
		} else {
			e.Uint(uint64(v.used[n]) + 1)
		}
	}
}

// decodePlaces reads them. Without any state to read them into, v is nil.
func (v *values) decodePlaces(d *wire.Decoder) {
	for i := range d.Count(1) {
		stored, n := d.Uint(), i+2
		switch {
		case v == nil:
		case n >= len(v.names):
			d.Fail()
			return
		case stored == 0 && !v.fixed:
			v.hashes[n] = 0
			v.placed--
		case stored != 0:
			v.used[n] = period.Minute(stored - 1)
		}
	}
}

// named returns the number of a value that came, -1 where none is called so.
func (v *values) named(name string) int {
	for n := int(otherValue) + 1; n < len(v.names); n++ {
		if v.names[n] == name {
			return n
		}
	}
	return -1
}

func (v *values) forget(name string) {
	n := v.named(name)
	if n < 0 {
		return
	}
	v.names[n] = fmt.Sprintf("__erased_%d__", n)
	if v.hashes[n] != 0 {
		v.hashes[n] = ValueHash(v.names[n])
	}
}
