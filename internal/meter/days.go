// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// days are the local days of an organization, as far back as comparisons with
// earlier periods need them; the last one is running.
//
//	starts  ... 1 Mar 00:00 | 2 Mar 00:00 | 3 Mar 00:00 = today    end
type days struct {
	starts []Minute // oldest first
	end    Minute   // of the last
}

// daysBack is how many days a comparison with the same period a year ago goes
// back, by the kind of window: to the earlier period's start, from the last
// day of the running one.
var daysBack = [usage.NumKinds]int{
	usage.Hour: 0, usage.Day: 2, usage.Week: 375, usage.Month: 400,
	usage.Quarter: 462, usage.Half: 554, usage.Year: 736, usage.Cycle: 400,
}

// newDays lays out the days on which an event of now may lie.
func newDays(cal *calendar.Calendar, asOf Minute) days {
	p := cal.Period(usage.Day, asOf.Time())
	d := days{end: MinuteOf(p.End)}
	for range depth[usage.Day] {
		d.starts = append(d.starts, MinuteOf(p.Start))
		p = cal.Period(usage.Day, p.Start.Add(-1))
	}
	slices.Reverse(d.starts)
	return d
}

// turn goes on to the day that contains a minute and returns how many days
// that took. The days that are kept are at least as many as asked for.
func (d *days) turn(cal *calendar.Calendar, to Minute, kept int) (n int) {
	for ; to >= d.end; n++ {
		d.starts = append(d.starts, d.end)
		d.end = MinuteOf(cal.Period(usage.Day, d.end.Time()).End)
	}
	if slack := 32; n > 0 && len(d.starts) > kept+slack {
		d.starts = slices.Delete(d.starts, 0, len(d.starts)-kept)
	}
	return n
}

// today returns the running day's place.
func (d *days) today() int { return len(d.starts) - 1 }

// index returns the place of the day in which a minute before d.end lies, -1
// where it is older than all that are kept.
func (d *days) index(m Minute) int {
	if last := d.today(); m >= d.starts[last] {
		return last
	}
	return sort.Search(len(d.starts), func(i int) bool { return d.starts[i] > m }) - 1
}

// endOf returns when a day ends.
func (d *days) endOf(i int) Minute {
	if i+1 < len(d.starts) {
		return d.starts[i+1]
	}
	return d.end
}

// share returns which part of its day has passed at a minute.
func (d *days) share(i int, m Minute) float64 {
	return float64(m-d.starts[i]) / float64(d.endOf(i)-d.starts[i])
}

func (d *days) encode(e *wire.Encoder) {
	e.Int(int64(d.end))
	e.Uint(uint64(len(d.starts)))
	after := d.end
	for _, start := range slices.Backward(d.starts) {
		e.Uint(uint64(after - start))
		after = start
	}
}

func (d *days) decode(dec *wire.Decoder) {
	d.end = Minute(dec.Int())
	n, after := dec.Count(1), d.end
	d.starts = make([]Minute, n)
	for i := range slices.Backward(d.starts) {
		length := dec.Uint()
		if length == 0 || length > maxDayLength {
			dec.Fail()
			length = 1
		}
		after -= Minute(length)
		d.starts[i] = after
	}
	if n == 0 {
		dec.Fail()
	}
}

// maxDayLength is longer than any day: one that a changed zone or a moved date
// line made long has less than three ordinary ones.
const maxDayLength = 3 * 24 * minutesPerHour
