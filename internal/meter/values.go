// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"hash/maphash"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
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
// list, or first come up to a limit; what is beyond is otherValue. They are few:
// looking through their hashes, which lie side by side, is faster than a map.
type values struct {
	names  []string
	hashes []uint64 // by number
	fixed  bool
}

func newValues(b *usage.Breakdown) *values {
	v := &values{fixed: b.Values != nil}
	v.restore(b.Values)
	return v
}

// find returns the number of a value that has one.
func (v *values) find(hash uint64) (n uint32, known bool) {
	i := slices.Index(v.hashes, hash)
	return uint32(i), i >= 0
}

func (v *values) add(name string) uint32 {
	v.names = append(v.names, name)
	v.hashes = append(v.hashes, ValueHash(name))
	return uint32(len(v.names) - 1)
}

// number returns the number of a value; isNew tells that it took a place of
// its own just now. limit is the number of first-come values.
func (v *values) number(name string, limit int) (n uint32, isNew bool) {
	if n, known := v.find(ValueHash(name)); known {
		return n, false
	}
	if v.fixed || len(v.names) >= limit+2 {
		return otherValue, false
	}
	return v.add(name), true
}

// restore numbers the values as they were stored, and those of the list that
// are new behind them.
func (v *values) restore(names []string) {
	var list []string
	if len(v.names) > 0 {
		list = v.names[2:]
	}
	v.names, v.hashes = nil, nil
	for _, name := range slices.Concat([]string{usage.NoValue, usage.OtherValue}, names, list) {
		if _, known := v.find(ValueHash(name)); !known {
			v.add(name)
		}
	}
}
