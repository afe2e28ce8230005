// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"time"
)

// outage is a time in which the ledger was down.
type outage struct{ down, up time.Time }

// sampling is which samples of a meter are taken.
type sampling struct {
	first   time.Time
	next    time.Time   // instant of the next one to be planned
	planned []time.Time // not final yet
	final   []time.Time // in the order of time
	waiting []time.Time // final, but for their hand-over
	whole   time.Time   // the latest with its hand-over
}

// sample is one organization's users at one sample instant.
type sample struct{ active, idle, handover int }

func (s sample) connected() int { return s.active + s.idle }

func (s sample) net() int { return s.connected() - s.handover }

// takeSamples makes all samples up to now final of which isFinal says so, by
// the events received so far. It is told when a sample is due and whether it
// is the first of the model's life.
func (m *Model) takeSamples(now time.Time, isFinal func(due time.Time, first bool) bool) {
	for _, mt := range m.meters {
		s := m.sampling[mt]
		if s == nil {
			continue
		}
		for ; !s.next.After(now); s.next = s.next.Add(mt.sampleInterval) {
			s.planned = append(s.planned, s.next)
		}
		var rest []time.Time
		for _, at := range s.planned {
			if !isFinal(m.due(mt, s, at), at.Equal(s.first)) {
				rest = append(rest, at)
				continue
			}
			s.final = append(s.final, at)
			s.waiting = append(s.waiting, at)
			for _, o := range m.organizations {
				o.take(mt, at)
			}
		}
		s.planned, rest = rest, nil
		for _, at := range s.waiting {
			if !isFinal(m.due(mt, s, at.Add(mt.idleTimeout)), false) {
				rest = append(rest, at)
				continue
			}
			if at.After(s.whole) {
				s.whole = at
			}
			for _, o := range m.organizations {
				o.takeHandover(mt, at)
			}
		}
		s.waiting = rest
		slices.SortFunc(s.final, time.Time.Compare)
	}
}

// due returns when a sample becomes final: settle after its instant, the first
// one settle after the model's birth, and those that an outage held up settle
// after its end.
func (m *Model) due(mt *meter, s *sampling, at time.Time) time.Time {
	due := at.Add(mt.settle)
	if at.Equal(s.first) {
		due = m.birth.Add(mt.settle)
	}
	for _, out := range m.outages {
		if due.After(out.down) && !at.After(out.up) {
			due = out.up.Add(mt.settle)
		}
	}
	return due
}

// sessionEntry keeps a logon, activity or logoff by its hour.
func (o *organization) sessionEntry(e *entry) {
	if o.sessions[e.meter] == nil {
		o.sessions[e.meter] = map[int64][]*entry{}
	}
	hour := e.time.Truncate(time.Hour).Unix()
	o.sessions[e.meter][hour] = append(o.sessions[e.meter][hour], e)
}

// take keeps an organization's sample.
func (o *organization) take(mt *meter, at time.Time) {
	taken := o.connected(mt, at)
	taken.handover = 0 // not known yet
	if taken.connected() == 0 {
		return
	}
	if o.samples[mt] == nil {
		o.samples[mt] = map[int64]sample{}
	}
	o.samples[mt][at.Unix()] = taken
}

// takeHandover keeps the hand-over of a sample, which has no more users than
// that: later events may show more who left and came.
func (o *organization) takeHandover(mt *meter, at time.Time) {
	if s, found := o.samples[mt][at.Unix()]; found {
		s.handover = min(o.connected(mt, at).handover, s.connected())
		o.samples[mt][at.Unix()] = s
	}
}

// connected counts users at an instant by the events received so far, and who of
// them hands over to whom. Of a session it need only be known whether it began
// within the idle timeout: what is older than two of them cannot change that.
func (o *organization) connected(mt *meter, at time.Time) sample {
	who := o.people(at)
	since, until := at.Add(-2*mt.idleTimeout), at.Add(mt.idleTimeout)
	timelines, stay := map[string][]*entry{}, map[string]bool{}
	for hour := since.Truncate(time.Hour); !hour.After(until); hour = hour.Add(time.Hour) {
		for _, e := range o.sessions[mt][hour.Unix()] {
			person := who.of(e.user)
			switch {
			case !e.time.After(since) || e.time.After(until):
			case !e.time.After(at):
				timelines[person] = append(timelines[person], e)
			case e.seen:
				stay[person] = true
			}
		}
	}
	var s sample
	leavers, newcomers := 0, 0
	for person, timeline := range timelines {
		last, began := session(timeline, mt.idleTimeout)
		if !last.After(at.Add(-mt.idleTimeout)) { // also where a logoff ended it: last is zero
			continue
		}
		if last.After(at.Add(-mt.sampleInterval)) {
			s.active++
		} else {
			s.idle++
		}
		switch {
		case began.After(at.Add(-mt.idleTimeout)):
			newcomers++
		case !stay[person]:
			leavers++
		}
	}
	s.handover = min(leavers, newcomers)
	return s
}

// session returns a person's last logon or activity and when the session began
// that it belongs to; zero times after a logoff.
func session(timeline []*entry, idleTimeout time.Duration) (last, began time.Time) {
	slices.SortStableFunc(timeline, func(a, b *entry) int {
		if c := a.time.Compare(b.time); c != 0 {
			return c
		}
		return order(a) - order(b)
	})
	for _, e := range timeline {
		if e.seen {
			if last.IsZero() || e.time.Sub(last) >= idleTimeout {
				began = e.time
			}
			last = e.time
		}
		if e.logoff {
			last, began = time.Time{}, time.Time{}
		}
	}
	return last, began
}

// order puts a logoff after logons and activity of the same instant.
func order(e *entry) int {
	if e.logoff {
		return 1
	}
	return 0
}

// concurrentFigures are the figures of a concurrent-users meter at t that are
// of no window.
func (m *Model) concurrentFigures(o *organization, mt *meter, t time.Time, hours map[int64]int) []Sample {
	var samples []Sample
	add := func(name string, labels map[string]string, n int) {
		labels["meter"] = mt.name
		samples = append(samples, Sample{name, labels, float64(n)})
	}
	var last sample
	if final := m.sampling[mt].final; len(final) > 0 {
		last = o.samples[mt][final[len(final)-1].Unix()]
	}
	whole := o.samples[mt][m.sampling[mt].whole.Unix()]
	add("usage_concurrent_users", map[string]string{"state": "active"}, last.active)
	add("usage_concurrent_users", map[string]string{"state": "idle"}, last.idle)
	add("usage_concurrent_users_handover", map[string]string{}, whole.handover)
	add("usage_concurrent_users_net", map[string]string{}, whole.net())
	return append(samples, hourFigures(o, mt, t, hours)...)
}

// peakFigures are the peaks of samples and of users in the hour in one window.
// Every sample and hour whose start lies in it counts.
func (m *Model) peakFigures(o *organization, mt *meter, w window, hours map[int64]int) []Sample {
	var samples, nets, users peak
	waiting := m.sampling[mt].waiting
	for at, s := range o.samples[mt] {
		if !w.contains(time.Unix(at, 0)) {
			continue
		}
		samples.add(s.connected())
		if !slices.ContainsFunc(waiting, func(w time.Time) bool { return w.Unix() == at }) {
			nets.add(s.net())
		}
	}
	for start, n := range hours {
		if w.contains(time.Unix(start, 0)) {
			users.add(n)
		}
	}
	return []Sample{
		{"usage_concurrent_users_peak", w.labels(mt), float64(samples.most)},
		{"usage_concurrent_users_peak_hits", w.labels(mt), float64(samples.hits)},
		{"usage_concurrent_users_net_peak", w.labels(mt), float64(nets.most)},
		{"usage_concurrent_users_net_peak_hits", w.labels(mt), float64(nets.hits)},
		{"usage_hour_users_peak", w.labels(mt), float64(users.most)},
		{"usage_hour_users_peak_hits", w.labels(mt), float64(users.hits)},
	}
}

// peak is a maximum and how many values equal it; of zeros there is none.
type peak struct{ most, hits int }

func (p *peak) add(n int) {
	switch {
	case n > p.most:
		p.most, p.hits = n, 1
	case n == p.most && n > 0:
		p.hits++
	}
}
