// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package period

import (
	"slices"
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Days are the local days of an organization, as far back as comparisons with
// earlier periods need them; the last one is running.
//
//	starts  ... 1 Mar 00:00 | 2 Mar 00:00 | 3 Mar 00:00 = today    end
type Days struct {
	Starts []Minute // oldest first
	End    Minute   // of the last
}

// DaysBack is how many days a comparison with the same period a year ago goes
// back, by the kind of window: to the earlier period's start, from the last
// day of the running one.
var DaysBack = [usage.NumKinds]int{
	usage.Hour: 0, usage.Day: 2, usage.Week: 375, usage.Month: 400,
	usage.Quarter: 462, usage.Half: 554, usage.Year: 736, usage.Cycle: 400,
}

// NewDays lays out the days on which an event of now may lie.
func NewDays(cal *calendar.Calendar, asOf Minute) Days {
	p := cal.Period(usage.Day, asOf.Time())
	d := Days{End: MinuteOf(p.End)}
	for range Depth[usage.Day] {
		d.Starts = append(d.Starts, MinuteOf(p.Start))
		p = cal.Period(usage.Day, p.Start.Add(-1))
	}
	slices.Reverse(d.Starts)
	return d
}

// Turn goes on to the day that contains a minute and returns how many days
// that took. The days that are kept are at least as many as asked for.
func (d *Days) Turn(cal *calendar.Calendar, to Minute, kept int) (n int) {
	for ; to >= d.End; n++ {
		d.Starts = append(d.Starts, d.End)
		d.End = MinuteOf(cal.Period(usage.Day, d.End.Time()).End)
	}
	if slack := 32; n > 0 && len(d.Starts) > kept+slack {
		d.Starts = slices.Delete(d.Starts, 0, len(d.Starts)-kept)
	}
	return n
}

// Today returns the running day's place.
func (d *Days) Today() int { return len(d.Starts) - 1 }

// Index returns the place of the day in which a minute before d.end lies, -1
// where it is older than all that are kept.
func (d *Days) Index(m Minute) int {
	if last := d.Today(); m >= d.Starts[last] {
		return last
	}
	return sort.Search(len(d.Starts), func(i int) bool { return d.Starts[i] > m }) - 1
}

// endOf returns when a day ends.
func (d *Days) endOf(i int) Minute {
	if i+1 < len(d.Starts) {
		return d.Starts[i+1]
	}
	return d.End
}

// Share returns which part of its day has passed at a minute.
func (d *Days) Share(i int, m Minute) float64 {
	return float64(m-d.Starts[i]) / float64(d.endOf(i)-d.Starts[i])
}

// Encode appends when days end, from the last one back.
func (d *Days) Encode(e *wire.Encoder) {
	e.Int(int64(d.End))
	e.Uint(uint64(len(d.Starts)))
	after := d.End
	for _, start := range slices.Backward(d.Starts) {
		e.Uint(uint64(after - start))
		after = start
	}
}

// Decode reads what Encode wrote.
func (d *Days) Decode(dec *wire.Decoder) {
	d.End = Minute(dec.Int())
	n, after := dec.Count(1), d.End
	d.Starts = make([]Minute, n)
	for i := range slices.Backward(d.Starts) {
		length := dec.Uint()
		if length == 0 || length > maxDayLength {
			dec.Fail()
			length = 1
		}
		after -= Minute(length)
		d.Starts[i] = after
	}
	if n == 0 {
		dec.Fail()
	}
}

// maxDayLength is longer than any day: one that a changed zone or a moved date
// line made long has less than three ordinary ones.
const maxDayLength = 3 * 24 * MinutesPerHour
