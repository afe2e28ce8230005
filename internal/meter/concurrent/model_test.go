// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// concurrentDef is a concurrent_users meter as users write it.
func concurrentDef(t *testing.T, interval, idle, settle time.Duration, windows ...string) *usage.Meter {
	t.Helper()
	def := &usage.Meter{Name: "operators", Type: usage.ConcurrentUsers, SampleInterval: interval, IdleTimeout: idle, Settle: settle}
	for _, name := range windows {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		def.Windows = append(def.Windows, w)
	}
	return def
}

// operator is an event of the meter.
type operator struct {
	user  uint32
	at    int64
	roles usage.Roles
}

// modelEvent is an event and the hour in which it lies.
type modelEvent struct {
	operator
	hour calendar.Period
}

const (
	logon  = usage.RoleLogon
	task   = usage.RoleActivity | usage.RoleHourly
	logoff = usage.RoleLogoff
)

// shiftRig runs a concurrent_users meter as an organization does.
type shiftRig struct {
	t      *testing.T
	def    *usage.Meter
	shared *Shared
	c      *period.Clock
	x      *Meter
	book   *series.Book
}

// crowd are users who have been seen by now.
func crowd(t testing.TB) *people.Users {
	t.Helper()
	layout, err := people.NewLayout(Claims(0))
	require.NoError(t, err)
	users := people.NewUsers(layout)
	for hash := range uint64(5000) {
		users.Insert(hash)
	}
	return &users
}

func newShiftRig(t *testing.T, def *usage.Meter, zone string, start time.Time) *shiftRig {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	now := period.Floor(start.UnixNano())
	c := &period.Clock{Calendar: calendar.New(loc, 31), AsOf: now, Now: now, Past: 35 * 24 * 60}
	for _, w := range def.Windows {
		if w.Kind < usage.Rolling {
			c.Follow(w.Kind)
		}
	}
	book := series.NewBook(time.Time{}, maphash.MakeSeed())
	shared := Share(0, def, book)
	return &shiftRig{t: t, def: def, shared: shared, c: c, x: New(shared, crowd(t), start.UnixNano(), nil), book: book}
}

func (r *shiftRig) advance(now int64) {
	turn := period.Turn{From: r.c.AsOf}
	r.c.AsOf, r.c.Now = period.Floor(now), period.Floor(now)
	for k, t := range r.c.Tracks {
		if t != nil {
			turn.Ended[k] = r.c.Roll(usage.Kind(k), r.c.AsOf)
		}
	}
	r.x.Turn(r.c, &turn)
}

func (r *shiftRig) arrive(now time.Time, events ...operator) {
	r.advance(now.UnixNano())
	r.x.Settle(r.c, now.UnixNano(), false)
	for _, e := range events {
		r.x.Apply(r.c, &meter.Event{Time: e.at, User: e.user}, &meter.Effect{Kind: usage.Concurrent, Roles: e.roles})
	}
}

// collect returns the figures at a whole minute, by name and the values of
// their labels without the meter's.
func (r *shiftRig) collect(at time.Time) map[string]float64 {
	r.advance(at.UnixNano())
	r.x.Settle(r.c, at.UnixNano(), true)
	return r.figures()
}

func (r *shiftRig) figures() map[string]float64 {
	s := &series.Sheet{Book: r.book}
	r.x.Figures(r.c, s, func(usage.Window, int) bool { return true })
	figures := map[string]float64{}
	for _, f := range s.Figures {
		name := []string{strings.TrimPrefix(f.Series.Name, "usage_")}
		for _, l := range f.Series.Labels {
			if l.Name != "meter" {
				name = append(name, l.Value)
			}
		}
		figures[strings.Join(name, " ")] = f.Value
	}
	require.Len(r.t, figures, len(s.Figures), "each series once")
	return figures
}

// reload replaces the state by what is read back of it.
func (r *shiftRig) reload() {
	e := &wire.Encoder{}
	r.x.Encode(e)
	r.x.EncodeNets(e)
	d := &wire.Decoder{Bytes: e.Bytes}
	r.x = New(r.shared, crowd(r.t), 0, nil)
	r.x.Decode(d, 1<<20)
	r.x.DecodeNets(d)
	r.x.Restored(r.c)
	require.NoError(r.t, d.Err())
	require.Empty(r.t, d.Bytes)
}

// shiftModel is the naive twin: it keeps all events and finds every figure
// by the words of the specification.
type shiftModel struct {
	def     *usage.Meter
	events  []modelEvent
	newest  int64
	last    sample
	samples map[period.Minute]int // final ones with anybody connected
	next    int64
	of      [2]int                // hand-over and net of the latest sample that has one
	nets    map[period.Minute]int // of those that have one, with anybody
	nextNet int64
	started int64
	outages []meter.Outage
	frozen  map[calendar.Period]int // users of the hours that are past revision
}

func newShiftModel(def *usage.Meter, now int64) *shiftModel {
	first := now - int64(def.Settle)
	return &shiftModel{
		def: def, started: now, next: first - first%int64(def.SampleInterval), nextNet: first - first%int64(def.SampleInterval),
		samples: map[period.Minute]int{}, nets: map[period.Minute]int{}, frozen: map[calendar.Period]int{},
	}
}

// sampleOf counts the connected users at an instant, and who of them hands over
// to whom.
func (m *shiftModel) sampleOf(at int64) (n sample, handover int) {
	idle, interval := int64(m.def.IdleTimeout), int64(m.def.SampleInterval)
	if m.newest <= at-idle {
		return sample{}, 0
	}
	byUser, stay := map[uint32][]modelEvent{}, map[uint32]bool{}
	for _, e := range m.events {
		if e.at <= at {
			byUser[e.user] = append(byUser[e.user], e)
		} else if e.at <= at+idle && e.roles&onRoles != 0 {
			stay[e.user] = true
		}
	}
	leavers, newcomers := 0, 0
	for user, events := range byUser {
		slices.SortStableFunc(events, func(a, b modelEvent) int { // a logoff comes last
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.roles&logoff, b.roles&logoff))
		})
		var lastOn, sessionStart int64
		connected := false
		for _, e := range events {
			if e.roles&onRoles != 0 {
				if !connected || e.at-lastOn >= idle {
					sessionStart = e.at
				}
				lastOn, connected = e.at, true
			}
			if e.roles&logoff != 0 {
				connected = false
			}
		}
		if !connected || lastOn <= at-idle {
			continue
		}
		if lastOn > at-interval {
			n.active++
		} else {
			n.idle++
		}
		if sessionStart > at-idle {
			newcomers++
		} else if !stay[user] {
			leavers++
		}
	}
	return n, min(leavers, newcomers)
}

// due returns when what is known of an instant is final.
func (m *shiftModel) due(at, now int64, collecting bool) int64 {
	due := at + int64(m.def.Settle)
	beforeBirth, heldUp := due <= m.started, false
	if beforeBirth {
		due = m.started + int64(m.def.Settle)
	}
	for _, o := range m.outages {
		if due > o.Down && at <= o.Up {
			due, heldUp = o.Up+int64(m.def.Settle), heldUp || o.Down < o.Up
		}
	}
	if beforeBirth && !heldUp && collecting { // the first collection takes it
		return now
	}
	return due
}

func (m *shiftModel) settle(now int64, collecting bool) {
	isDue := func(at int64) bool {
		due := m.due(at, now, collecting)
		return due < now || due == now && collecting
	}
	for ; isDue(m.next); m.next += int64(m.def.SampleInterval) {
		m.last, _ = m.sampleOf(m.next)
		if n := m.last.active + m.last.idle; n > 0 {
			m.samples[period.Floor(m.next)] = int(n)
		}
	}
	for ; m.nextNet < m.next && isDue(m.nextNet+int64(m.def.IdleTimeout)); m.nextNet += int64(m.def.SampleInterval) {
		connected := m.samples[period.Floor(m.nextNet)]
		_, handover := m.sampleOf(m.nextNet)
		handover = min(handover, connected)
		m.of = [2]int{handover, connected - handover}
		m.nets[period.Floor(m.nextNet)] = connected - handover
	}
}

func (m *shiftModel) arrive(c *period.Clock, events []operator) {
	for _, e := range events {
		m.events = append(m.events, modelEvent{e, c.Calendar.Period(usage.Hour, time.Unix(0, e.at))})
		m.newest = max(m.newest, e.at)
	}
}

// hourCounts returns the users of every hour that has any. Hours that have
// left the acceptance span are counted for the last time.
func (m *shiftModel) hourCounts(c *period.Clock) map[calendar.Period]int {
	users := map[calendar.Period]map[uint32]bool{}
	for _, e := range m.events {
		if e.roles&usage.RoleHourly == 0 {
			continue
		}
		if users[e.hour] == nil {
			users[e.hour] = map[uint32]bool{}
		}
		users[e.hour][e.user] = true
	}
	counts := map[calendar.Period]int{}
	for p, of := range users {
		counts[p] = len(of)
		if _, known := m.frozen[p]; !known && period.MinuteOf(p.End) <= c.Now-c.Past {
			m.frozen[p] = len(of)
		}
	}
	maps.Copy(counts, m.frozen)
	return counts
}

func (m *shiftModel) merge(c *period.Clock, from, to uint32) {
	m.hourCounts(c)
	for i := range m.events {
		if m.events[i].user == from {
			m.events[i].user = to
		}
	}
}

// span is (after, until] in minutes.
type minuteSpan struct{ after, until period.Minute }

// startsIn returns the starts that belong to a window's period.
func startsIn(c *period.Clock, w usage.Window, back int) minuteSpan {
	if w.Kind == usage.Rolling {
		return minuteSpan{c.AsOf - period.Minute(w.Length()/time.Minute), c.AsOf}
	}
	p := c.Calendar.Period(w.Kind, c.AsOf.Time())
	for range back {
		p = c.Calendar.Period(w.Kind, p.Start.Add(-time.Minute))
	}
	return minuteSpan{period.MinuteOf(p.Start) - 1, period.MinuteOf(p.End) - 1}
}

func peakOf(counts map[period.Minute]int, s minuteSpan) peak {
	var p peak
	for at, n := range counts {
		if at > s.after && at <= s.until && n > 0 && n >= int(p.max) {
			if n > int(p.max) {
				p = peak{max: uint32(n)}
			}
			p.hits++
		}
	}
	return p
}

// check compares every figure, and the peaks of all periods that are kept.
func (m *shiftModel) check(r *shiftRig) {
	t, x, c := r.t, r.x, r.c
	hours := map[period.Minute]int{}
	for p, n := range m.hourCounts(c) {
		hours[period.MinuteOf(p.Start)] = n
	}
	figures := r.figures()
	require.Equal(t, sample{uint32(figures["concurrent_users active"]), uint32(figures["concurrent_users idle"])}, m.last,
		"last sample, of %s", time.Unix(0, m.next-int64(m.def.SampleInterval)).UTC())
	require.Equal(t, [2]int{int(figures["concurrent_users_handover"]), int(figures["concurrent_users_net"])}, m.of,
		"last hand-over, of %s", time.Unix(0, m.nextNet-int64(m.def.SampleInterval)).UTC())
	running := c.Calendar.Period(usage.Hour, c.AsOf.Time())
	before := c.Calendar.Period(usage.Hour, running.Start.Add(-time.Minute))
	require.EqualValues(t, hours[period.MinuteOf(running.Start)], figures["hour_users current"], "running hour")
	require.EqualValues(t, hours[period.MinuteOf(before.Start)], figures["hour_users previous"], "previous hour")
	for w, window := range m.def.Windows {
		periods := 1
		if window.Kind != usage.Rolling {
			periods = period.Depth[window.Kind]
		}
		for i := range periods {
			span := startsIn(c, window, i)
			require.Equal(t, peakOf(hours, span), x.hours.peak(c, w, i), "peak of hours, %s %d at %s", window, i, c.AsOf.Time())
			require.Equal(t, peakOf(m.samples, span), x.samples.peak(c, w, i), "peak of samples, %s %d at %s", window, i, c.AsOf.Time())
			require.Equal(t, peakOf(m.nets, span), x.nets.peak(c, w, i), "net peak, %s %d at %s", window, i, c.AsOf.Time())
		}
	}
}
