// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

// learning tells the learners' day: courses on evenings and weekends too, a
// weekly class, and a deadline at the month's end.
func (d *day) learning() {
	learners := d.group(learner, d.learners, d.index)
	d.lives(learners)
	busy := [...]float64{0.75, 1.1, 1.1, 1, 1, 0.8, 0.6}[d.weekday] * d.season() * d.monthEnd()
	for i := range learners {
		p := &learners[i]
		if !p.present(d.index) {
			continue
		}
		status := Attribute{Key: "user.status", Text: "active"}
		if p.seed%40 == 0 {
			status.Text = "inactive" // looks around without a licence
		}
		if d.index == p.joined {
			// Enrolling does not make anyone an active user.
			d.log(d.at(8+d.rng.Float64()), p.id, "course.enrolled", status)
		}
		if d.rng.Float64() > p.eagerness*0.6*busy {
			continue
		}
		hour := d.officeHour()
		for range 1 + d.rng.IntN(3) {
			d.log(d.at(hour), p.id, "course.accessed", status)
			hour += 0.1 + 0.8*d.rng.Float64()
		}
		if d.weekday == 3 && p.seed%4 == 0 {
			d.log(d.at(17+d.rng.Float64()), p.id, "session.attended", status)
		}
	}
}
