// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// Numbers of the two values that every breakdown has.
const (
	noValue    = uint32(0)
	otherValue = uint32(1)
)

// values numbers the values of one breakdown of one organization: a fixed
// list, or first come up to a limit; what is beyond is otherValue.
type values struct {
	names []string
	index map[string]uint32
	fixed bool
}

func newValues(b *usage.Breakdown) *values {
	v := &values{index: map[string]uint32{}, fixed: b.Values != nil}
	v.add(usage.NoValue)
	v.add(usage.OtherValue)
	for _, name := range b.Values {
		if _, known := v.index[name]; !known {
			v.add(name)
		}
	}
	return v
}

func (v *values) add(name string) uint32 {
	n := uint32(len(v.names))
	v.names = append(v.names, name)
	v.index[name] = n
	return n
}

// number returns the number of a value; isNew tells that it took a place of
// its own just now. limit is the number of first-come values.
func (v *values) number(name string, limit int) (n uint32, isNew bool) {
	if n, known := v.index[name]; known {
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
	list := v.names[2:]
	v.names = v.names[:2:2]
	v.index = map[string]uint32{usage.NoValue: noValue, usage.OtherValue: otherValue}
	for _, name := range append(names, list...) {
		if _, known := v.index[name]; !known {
			v.add(name)
		}
	}
}
