// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// mishaps tells what goes wrong on an ordinary day and must neither disturb
// the figures nor go unseen: a client that is too old to say how many minutes
// it transcribed, one that does not know its organization, and a batch that is
// sent again because its acknowledgement got lost.
func (d *day) mishaps() {
	if d.jobs > 0 && d.rng.Float64() < 0.5 {
		d.log(d.at(d.officeHour()), "u-old-client", "transcription.finished", Attribute{Key: "transcription.model", Text: "standard"})
	}
	if d.learners.present > 0 && d.rng.Float64() < 0.15 {
		d.log(d.at(d.officeHour()), "u-unplaced", "course.accessed").Organization = ""
	}
	if d.rng.Float64() < 0.2 {
		d.resend(d.at(d.officeHour()))
	}
}

// resend tells again what arrived in the quarter of an hour before an instant.
func (d *day) resend(at time.Time) {
	for _, e := range d.events[d.first:] {
		if e.Organization != d.id || e.Signal == usage.Metrics || e.Arrives.After(at) || e.Arrives.Before(at.Add(-15*time.Minute)) {
			continue
		}
		e.Arrives = at.Add(20 * time.Second)
		d.events = append(d.events, e)
	}
}

// beforeSilence takes out what an organization that fell silent would have
// sent since.
func (o *organization) beforeSilence(events []Event) []Event {
	if o.silentDays == 0 {
		return events
	}
	silent := o.plan.Present.AddDate(0, 0, -o.silentDays)
	kept := events[:0]
	for _, e := range events {
		if e.Arrives.Before(silent) {
			kept = append(kept, e)
		}
	}
	return kept
}
