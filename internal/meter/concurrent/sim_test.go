// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestConcurrentUsersAreThoseOfTheWords runs random shifts through the engine
// and through the naive model: late and repeated events, jumps, outages,
// merges, reloads and changes of the zone.
func TestConcurrentUsersAreThoseOfTheWords(t *testing.T) {
	cases := []struct {
		interval, idle, settle time.Duration
		zone                   string
		windows                []string
	}{
		{15 * time.Minute, 30 * time.Minute, time.Minute, "UTC", []string{"day", "month", "30d"}},
		{15 * time.Minute, 20 * time.Minute, time.Minute, "Europe/Berlin", []string{"month", "half", "182d"}},
		{10 * time.Minute, 25 * time.Minute, 90 * time.Second, "Asia/Kathmandu", []string{"hour", "week", "cycle", "6h", "40d"}},
		{time.Hour, 10 * time.Minute, 0, "Australia/Lord_Howe", []string{"day", "year", "24h", "35d"}},
		{7 * time.Minute, 45 * time.Minute, 20 * time.Minute, "America/New_York", []string{"quarter", "1h", "36d"}},
		{time.Minute, 3 * time.Minute, 10 * time.Second, "Asia/Kolkata", []string{"day", "2h"}},
	}
	for i, tc := range cases {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("%s %s %s %s seed %d", tc.interval, tc.idle, tc.settle, tc.zone, seed), func(t *testing.T) {
				def := concurrentDef(t, tc.interval, tc.idle, tc.settle, tc.windows...)
				// Near the changes of the offset in spring and autumn.
				start := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC).AddDate(0, int(seed%2)*7, 0)
				s := newShiftSim(t, def, tc.zone, start, uint64(i)<<32|seed)
				for range 300 {
					s.step()
				}
			})
		}
	}
}

type shiftSim struct {
	*shiftRig
	model *shiftModel
	rng   *rand.Rand
	now   int64
	users []uint32 // that are nobody else
	known uint32   // users that there ever were
}

func (s *shiftSim) somebodyNew() uint32 {
	s.known++
	return s.known - 1
}

func newShiftSim(t *testing.T, def *usage.Meter, zone string, start time.Time, seed uint64) *shiftSim {
	t.Helper()
	s := &shiftSim{shiftRig: newShiftRig(t, def, zone, start), rng: rand.New(rand.NewPCG(seed, 1)), now: start.UnixNano()}
	for range 6 {
		s.users = append(s.users, s.somebodyNew())
	}
	s.model = newShiftModel(def, s.now)
	return s
}

func (s *shiftSim) step() {
	switch n := s.rng.IntN(100); {
	case n < 60:
		s.now += s.rng.Int64N(int64(12 * time.Minute))
		s.batch(1 + s.rng.IntN(16))
	case n < 85:
		s.now = period.Ceil(s.now + s.rng.Int64N(int64(20*time.Minute))).Ns()
		s.collectAndCheck()
	case n < 88:
		s.now += s.rng.Int64N(int64(30 * time.Hour))
		s.batch(3)
	case n < 89:
		s.now += s.rng.Int64N(int64(60 * 24 * time.Hour))
		s.batch(3)
	case n < 92:
		s.outage()
	case n < 95:
		s.merge()
	case n < 96:
		s.changeZone()
	default:
		s.reload()
	}
}

// batch lets events arrive, most of them recent.
func (s *shiftSim) batch(n int) {
	var events []operator
	for range n {
		back := int64(3 * s.def.IdleTimeout)
		switch s.rng.IntN(8) {
		case 0:
			back = int64(35 * 24 * time.Hour)
		case 1:
			back = int64(3 * time.Hour)
		}
		at := s.now - s.rng.Int64N(back)
		switch s.rng.IntN(4) {
		case 0: // ties and lattice points
			at = max(at-at%int64(5*time.Minute), s.now-int64(35*24*time.Hour))
		case 1:
			at -= at % int64(time.Millisecond)
			at = max(at, s.now-int64(35*24*time.Hour))
		}
		roles := []usage.Roles{logon, task, task, logoff, logoff | usage.RoleHourly, usage.RoleHourly, logon | logoff}[s.rng.IntN(7)]
		events = append(events, operator{s.users[s.rng.IntN(len(s.users))], at, roles})
		if s.rng.IntN(5) == 0 {
			events = append(events, events[s.rng.IntN(len(events))])
		}
	}
	s.model.settle(s.now, false)
	s.arrive(time.Unix(0, s.now), events...)
	s.model.arrive(s.c, events)
	s.model.hourCounts(s.c)
}

func (s *shiftSim) collectAndCheck() {
	s.model.settle(s.now, true)
	s.collect(time.Unix(0, s.now))
	s.model.check(s.shiftRig)
}

func (s *shiftSim) outage() {
	down := s.now
	s.now += s.rng.Int64N(int64([]time.Duration{time.Minute, time.Hour, 50 * time.Hour}[s.rng.IntN(3)]))
	s.reload()
	s.x.Recover(meter.Outage{Down: down, Up: s.now})
	s.model.outages = append(s.model.outages, meter.Outage{Down: down, Up: s.now})
	for range s.rng.IntN(3) {
		s.batch(4)
		s.now += s.rng.Int64N(int64(time.Minute))
	}
}

func (s *shiftSim) merge() {
	if len(s.users) < 4 {
		s.users = append(s.users, s.somebodyNew())
		return
	}
	i, j := s.rng.IntN(len(s.users)), s.rng.IntN(len(s.users))
	if i == j {
		return
	}
	s.model.merge(s.c, s.users[i], s.users[j])
	s.x.Merge(s.c, s.users[i], s.users[j])
	s.users[i] = s.somebodyNew()
}

func (s *shiftSim) changeZone() {
	zone, err := time.LoadLocation([]string{"Asia/Kathmandu", "UTC", "America/St_Johns", "Europe/Berlin", "Pacific/Chatham"}[s.rng.IntN(5)])
	require.NoError(s.t, err)
	s.c.Calendar = s.c.Calendar.Change(s.c.Now.Time(), zone, 1+s.rng.IntN(31))
	for _, t := range s.c.Tracks {
		if t != nil {
			p := s.c.Calendar.Period(t.Kind, s.c.AsOf.Time())
			require.Equal(s.t, t.End, period.MinuteOf(p.End))
		}
	}
}
