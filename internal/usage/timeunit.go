// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

// Event times lie in this century, ns since 1970: an earlier one is in another
// unit, a later one was multiplied once too often.
const (
	Year2000 = 946_684_800_000_000_000
	Year2100 = 4_102_444_800_000_000_000
)

// TimeUnit is what a refused item's time seems to be in, where that is not
// nanoseconds since 1970.
type TimeUnit string

// The units. Multiplied stands for nanoseconds that were multiplied once more,
// and for negative numbers: both are beyond any time that is meant.
const (
	Nanoseconds  TimeUnit = ""
	Seconds      TimeUnit = "seconds"
	Milliseconds TimeUnit = "milliseconds"
	Microseconds TimeUnit = "microseconds"
	Multiplied   TimeUnit = "multiplied"
)

// UnitOf returns the unit in which a time, of a field of nanoseconds, would lie
// in this century. It is Nanoseconds where there is none.
func UnitOf(t int64) TimeUnit {
	if t >= Year2100 {
		return Multiplied
	}
	for _, of := range [...]struct {
		unit TimeUnit
		ns   int64
	}{{Seconds, 1e9}, {Milliseconds, 1e6}, {Microseconds, 1e3}} {
		if t >= Year2000/of.ns && t < Year2100/of.ns {
			return of.unit
		}
	}
	return Nanoseconds
}
