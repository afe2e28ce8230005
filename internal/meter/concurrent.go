// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// concurrent is the state of a concurrent_users meter of one organization:
// two figures that are never mixed.
//
//	connected users   sessions -> a sample at each instant of the UTC grid,
//	                  final `settle` later, and its hand-over, final the idle
//	                  timeout after that; peaks of the samples, with and
//	                  without their hand-over
//	users in the hour hours, with their peaks
//
// Late events count in samples and hand-overs that are not final and in hours
// within the acceptance span.
type concurrent struct {
	def      *usage.Meter
	sessions sessions
	samples  peaks
	nets     peaks // of samples less their hand-over
	hours    hours

	latest sample // the last final one
	next   int64  // instant of the next sample to become final, ns; 0 before start
	// pending are the connected users of the samples whose hand-over is not
	// final: those just before next, oldest first.
	pending  []uint32
	handover uint32 // of the latest sample that has one
	net      uint32 // its connected users less that
	// netFrom is the first instant whose sample has a hand-over, ns: a program
	// of before format 5 did not find it. 0: all have.
	netFrom int64
	// started is when the ledger began; a sample of before is given the settle
	// time from then on.
	started int64
	// outages are the spans in which the ledger was down and which can still
	// postpone a sample.
	outages []Outage

	busy   dayPeaks
	busyOf busyOf // what busy was found of

	series *concurrentSeries
}

// Outage is a span (Down, Up] in which the ledger was down, ns.
type Outage struct{ Down, Up int64 }

// newConcurrent returns an empty state, whose sampling begins with began: when the
// ledger did, whenever the organization is first seen, so that its samples become
// final when those of the others do. The first sample is the latest whose time had
// come by then, or, where the ledger was down later on, at the end of what it took
// in before.
func newConcurrent(def *usage.Meter, began int64, outages []Outage) *concurrent {
	x := &concurrent{
		def:      def,
		sessions: newSessions(def),
		samples:  newPeaks(def.Windows),
		nets:     newPeaks(def.Windows),
		hours:    newHours(def.Windows),
		started:  began, outages: slices.Clone(outages),
	}
	settle := int64(def.Settle)
	if len(outages) > 0 && outages[0].Down >= began+settle {
		began = outages[0].Down // all from before was final then
	}
	x.next = began - settle
	x.next -= x.next % int64(def.SampleInterval)
	return x
}

func (x *concurrent) start(*period.Clock) {}

func (x *concurrent) stop(_, to period.Minute) period.Minute { return to }

func (x *concurrent) lift(*period.Clock, uint32) {}

func (x *concurrent) put(*period.Clock, uint32) {}

func (x *concurrent) revises(by Change) bool { return by == Aliases }

func (x *concurrent) lasts() bool { return false }

// recover says that the ledger was down: samples whose time passed then, or
// that would have been final then, are taken `settle` after it. It reports
// whether there may be any.
func (x *concurrent) recover(o Outage) bool {
	x.outages = append(x.outages, o)
	x.forgetOutages()
	return len(x.outages) > 0
}

func (x *concurrent) forgetOutages() {
	wanted := min(x.next, x.oldest()+x.sessions.idle)
	x.outages = slices.DeleteFunc(x.outages, func(o Outage) bool { return o.Up < wanted })
}

// oldest returns the instant of the oldest sample that is not final or whose
// hand-over is not.
func (x *concurrent) oldest() int64 { return x.next - int64(len(x.pending))*x.sessions.interval }

// due returns when a sample becomes final: at a collection, or before an
// arrival. One from before the ledger began is due at the first collection, but
// only `settle` from the start for arrivals, so that all batches of a moment
// count in it. After an outage that took any time it is so for collections, too,
// since what is resent may come after them.
func (x *concurrent) due(at int64, collecting bool) int64 {
	settle := int64(x.def.Settle)
	usual := at + settle
	first := usual <= x.started
	due := usual
	if first {
		due = x.started + settle
	}
	for _, o := range x.outages {
		if o.Down < due && at <= o.Up {
			due, first = o.Up+settle, first && o.Down == o.Up
		}
	}
	if first && collecting {
		return usual
	}
	return due
}

// settle makes samples and hand-overs final, each in the order of time: before
// a batch that arrives at now those due earlier, at a collection (collecting)
// those due at now as well. The clock has reached them: c.asOf is the last
// minute before now, or now's own.
func (x *concurrent) settle(c *period.Clock, now int64, collecting bool) {
	if x.next == 0 {
		return
	}
	isDue := func(at int64) bool {
		due := x.due(at, collecting)
		return due < now || due == now && collecting
	}
	for {
		oldest := x.oldest()
		switch {
		case len(x.pending) > 0 && isDue(oldest+x.sessions.idle):
			// Events that came after the sample was final may show more who
			// left and came than it has users.
			x.handover = min(x.sessions.handover(oldest), x.pending[0])
			x.net = x.pending[0] - x.handover
			x.nets.add(c, period.Floor(oldest), x.net)
			x.pending = slices.Delete(x.pending, 0, 1)
			x.sessions.forget(x.horizon())
		case isDue(x.next):
			x.latest = x.sessions.count(x.next)
			x.samples.add(c, period.Floor(x.next), x.latest.connected())
			x.pending = append(x.pending, x.latest.connected())
			x.next += x.sessions.interval
		default:
			x.forgetOutages()
			return
		}
	}
}

// rest returns the first instant at which a sample or a hand-over is due for
// arrivals, ns.
func (x *concurrent) rest() int64 {
	rest := x.due(x.next, false)
	if len(x.pending) > 0 {
		rest = min(rest, x.due(x.oldest()+x.sessions.idle, false))
	}
	return rest
}

// horizon is the instant up to which events do not matter to any sample or
// hand-over that is not final.
func (x *concurrent) horizon() int64 { return x.oldest() - 2*x.sessions.idle }

func (x *concurrent) apply(c *period.Clock, ev *Event, e *Effect) (first bool) {
	if ev.User == NoUser {
		return false
	}
	var p *presence
	if e.Roles&(onRoles|usage.RoleLogoff) != 0 && ev.Time > x.horizon() {
		p = x.sessions.of(ev.User)
		x.sessions.note(p, ev.Time, e.Roles)
	}
	if e.Roles&usage.RoleHourly == 0 {
		return false
	}
	m := period.Floor(ev.Time)
	if p == nil {
		x.hours.note(c, ev.User, m)
	} else if running := x.hours.running(); m < running || p.counted != running {
		p.counted = max(p.counted, x.hours.note(c, ev.User, m))
	}
	return false
}

func (x *concurrent) turn(c *period.Clock, t *period.Turn) {
	x.samples.turn(c, t)
	x.nets.turn(c, t)
	x.hours.turn(c, t)
}

func (x *concurrent) unsettled() (oldest, next int64) { return x.oldest(), x.next }

func (x *concurrent) interval() int64 { return x.sessions.interval }

// merge makes two users one, in samples that are not final and in hours within
// the acceptance span.
func (x *concurrent) merge(c *period.Clock, from, to uint32) {
	x.sessions.merge(from, to)
	x.hours.merge(c, from, to)
}

// concurrentSeries are the series of a concurrent_users meter.
type concurrentSeries struct {
	active, idle, handover, net *usage.Series
	hours                       [2]*usage.Series
	peaks                       [][]peakSeries // by window and period
}

type peakSeries struct{ samples, sampleHits, nets, netHits, hours, hourHits *usage.Series }

func newConcurrentSeries(book *series.Book, def *usage.Meter) *concurrentSeries {
	meter := usage.Label{Name: "meter", Value: def.Name}
	s := &concurrentSeries{
		active:   book.Gauge("usage_concurrent_users", meter, usage.Label{Name: "state", Value: "active"}),
		idle:     book.Gauge("usage_concurrent_users", meter, usage.Label{Name: "state", Value: "idle"}),
		handover: book.Gauge("usage_concurrent_users_handover", meter),
		net:      book.Gauge("usage_concurrent_users_net", meter),
	}
	for i := range s.hours {
		s.hours[i] = book.Gauge("usage_hour_users", meter, usage.Label{Name: "period", Value: usage.PeriodName(i)})
	}
	for _, w := range def.Windows {
		periods := make([]peakSeries, periodsOf(w))
		for i := range periods {
			labels := series.WindowLabels(def.Name, w, i)
			periods[i] = peakSeries{
				samples:    book.Gauge("usage_concurrent_users_peak", labels...),
				sampleHits: book.Gauge("usage_concurrent_users_peak_hits", labels...),
				nets:       book.Gauge("usage_concurrent_users_net_peak", labels...),
				netHits:    book.Gauge("usage_concurrent_users_net_peak_hits", labels...),
				hours:      book.Gauge("usage_hour_users_peak", labels...),
				hourHits:   book.Gauge("usage_hour_users_peak_hits", labels...),
			}
		}
		s.peaks = append(s.peaks, periods)
	}
	return s
}

// figures appends the meter's figures at c.asOf.
func (x *concurrent) figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	if x.series == nil {
		x.series = newConcurrentSeries(s.Book, x.def)
	}
	s.Add(x.series.active, float64(x.latest.active))
	s.Add(x.series.idle, float64(x.latest.idle))
	s.Add(x.series.handover, float64(x.handover))
	s.Add(x.series.net, float64(x.net))
	for i, series := range x.series.hours {
		s.Add(series, float64(x.hours.users(i)))
	}
	for w, window := range x.def.Windows {
		for i, series := range x.series.peaks[w] {
			if window.Kind != usage.Rolling && !exists(window, i) {
				continue
			}
			samples, hours := x.samples.peak(c, w, i), x.hours.peak(c, w, i)
			s.Add(series.samples, float64(samples.max))
			s.Add(series.sampleHits, float64(samples.hits))
			if x.netsKnown(c, window, i) {
				nets := x.nets.peak(c, w, i)
				s.Add(series.nets, float64(nets.max))
				s.Add(series.netHits, float64(nets.hits))
			}
			s.Add(series.hours, float64(hours.max))
			s.Add(series.hourHits, float64(hours.hits))
		}
	}
}

// netsKnown reports whether all samples of a period have a hand-over: of others
// there is no net peak.
func (x *concurrent) netsKnown(c *period.Clock, w usage.Window, back int) bool {
	if w.Kind == usage.Rolling {
		return x.netFrom <= (c.AsOf - period.LengthOf(w) + 1).Ns()
	}
	start, _ := c.Tracks[w.Kind].Bounds(back)
	return x.netFrom <= start.Ns()
}

func (x *concurrent) encode(e *wire.Encoder) {
	e.Int(x.next)
	e.Int(x.started)
	e.Uint(uint64(len(x.outages)))
	for _, o := range x.outages {
		e.Int(o.Down)
		e.Int(o.Up)
	}
	e.Uint(uint64(x.latest.active))
	e.Uint(uint64(x.latest.idle))
	e.Uint(uint64(x.handover))
	x.samples.encode(e)
	x.sessions.encode(e)
	x.hours.encode(e)
}

func (x *concurrent) decode(d *wire.Decoder, users int) {
	x.next, x.started, x.outages = d.Int(), d.Int(), nil
	for range d.Count(2) {
		x.outages = append(x.outages, Outage{d.Int(), d.Int()})
	}
	x.latest = sample{uint32(d.Uint()), uint32(d.Uint())}
	x.handover = uint32(d.Uint())
	x.samples.decode(d)
	x.sessions.decode(d, users)
	x.hours.decode(d, users)
}

// encodeNets appends what the hand-overs of concurrent meters are made of. Heads
// of before format 5 end before it.
func (o *Organization) encodeNets(e *wire.Encoder) {
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		if x, ok := o.meters[i].kind.(*concurrent); ok {
			x.encodeNets(e)
		}
	}
}

func (x *concurrent) encodeNets(e *wire.Encoder) {
	e.Int(x.netFrom)
	e.Uint(uint64(x.net))
	e.Uint(uint64(len(x.pending)))
	for _, n := range x.pending {
		e.Uint(uint64(n))
	}
	x.nets.encode(e)
}

func (o *Organization) decodeNets(d *wire.Decoder) {
	n := int(d.Uint())
	if n > len(o.meters) {
		d.Fail()
		return
	}
	for i := range n {
		if x, ok := o.meters[i].kind.(*concurrent); ok {
			x.decodeNets(d)
		}
	}
}

func (x *concurrent) decodeNets(d *wire.Decoder) {
	x.netFrom, x.net = d.Int(), uint32(d.Uint())
	for range d.Count(1) {
		x.pending = append(x.pending, uint32(d.Uint()))
	}
	x.nets.decode(d)
}

// beginNets begins to find hand-overs where the first n meters of a head have
// none: what it has of the last sample is a figure of another definition.
func (o *Organization) beginNets(n int) {
	for i := range n {
		if x, ok := o.meters[i].kind.(*concurrent); ok {
			x.netFrom, x.handover = x.next, 0
		}
	}
}

func (x *concurrent) scale() uint64 { return 1 }

// use returns the peak of users in the hour.
func (x *concurrent) use(c *period.Clock, window, back int) wide.Int {
	return wide.Of(int64(x.hours.peak(c, window, back).max))
}

func (x *concurrent) headline(c *period.Clock) wide.Int {
	return wide.Product(int64(x.hours.peak(c, 0, 0).max), usage.Micro)
}

func (x *concurrent) outlook(c *period.Clock, window int, _ *curves) outlook {
	used := x.use(c, window, 0)
	return x.dayPeaks(c).peaking(&c.Days, spanOf(c, x.def.Windows[window].Kind), used.Over(1))
}

func (x *concurrent) until(c *period.Clock, window int, rise *curves, start, at period.Minute) (value float64, ok bool) {
	return rise.valueIn(&c.Days, x.def.Windows[window].Kind, start, at)
}
