// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"time"
)

// shifts of a yard: when each begins (they last eight hours) and how many of
// ten operators it takes.
var shifts = [...]struct{ begins, tenths float64 }{{6, 4.5}, {14, 4}, {22, 1.5}}

// yard tells the operators' day: three shifts, about 20 minutes from task to
// task, a break, and one in six who forgets to log off.
func (d *day) yard() {
	operators := d.group(operator, d.operators, d.index)
	d.lives(operators)
	week := d.index / 7
	for i := range operators {
		p := &operators[i]
		if !p.present(d.index) || (int(p.seed%7)+d.index)%7 < 2 {
			continue
		}
		if weekend := d.weekday == time.Saturday || d.weekday == time.Sunday; weekend && d.rng.Float64() < 0.45 {
			continue
		}
		if d.rng.Float64() > min(0.93*d.season()*d.monthEnd(), 0.99) {
			continue
		}
		d.shift(p, shifts[shiftOf(i, week)].begins)
	}
}

// shiftOf rotates operators through the shifts week by week.
func shiftOf(i, week int) int {
	tenth := float64((i*7+week*3)%20) / 2
	for s, shift := range shifts {
		if tenth -= shift.tenths; tenth < 0 {
			return s
		}
	}
	return 0
}

// shift tells one operator's shift.
func (d *day) shift(p *person, begins float64) {
	first := len(d.events)
	hour := begins - 0.15*d.rng.Float64()
	d.log(d.at(hour), p.id, "user.logon")
	if d.rng.Float64() < 0.02 {
		return // called away: logged on, and did nothing
	}
	ends, pause := begins+8, begins+3.5+d.rng.Float64()
	for {
		hour += (7 + min(d.rng.ExpFloat64()*11, 60)) / 60
		if pause > 0 && hour > pause {
			hour, pause = hour+0.5, 0
		}
		if hour >= ends {
			break
		}
		d.log(d.at(hour), p.id, "task.finished", Attribute{Key: "task.type", Text: d.pick(tasks)})
	}
	if d.rng.Float64() < 0.83 {
		d.log(d.at(ends+0.12*d.rng.Float64()), p.id, "user.logoff")
	}
	if d.rng.Float64() < 0.01 {
		d.offline(d.events[first:])
	}
}

var tasks = []weighted{{"move", 6}, {"inspect", 3}, {"load", 2}}

// offline delays what a tablet recorded in the middle of a shift until it
// finds a network again.
func (d *day) offline(shift []Event) {
	part := shift[len(shift)/3 : 2*len(shift)/3]
	if len(part) == 0 {
		return
	}
	found := part[len(part)-1].At.Add(time.Duration(d.rng.Int64N(int64(6 * time.Hour))))
	for i := range part {
		part[i].Arrives = found
	}
}
