// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package backtest

import (
	"hash/fnv"
	"hash/maphash"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/demo"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	months   = 11 // of history, of which the last are projected
	assessed = 5
)

var present = time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)

// subject is an organization of a made-up history that is counted as the
// ledger counts it.
type subject struct {
	*organization.Organization
	id    string
	zone  *time.Location
	due   []moment // in the order of time
	found []reading
	final map[string]map[time.Time]float64 // by meter: what a month came to
}

// moment is when figures are read: at a share of a month, or (share 1) of the
// month that has just ended.
type moment struct {
	at    time.Time
	month time.Time
	share float64
}

// reading is what was known at a moment.
type reading struct {
	moment
	meter           string
	used, projected float64
}

var meters = []usage.Meter{
	{Name: "learners", Type: usage.ActiveUsers, Classes: []string{""}},
	{Name: "members", Type: usage.ActiveUsers, Classes: []string{""}},
	{Name: "minutes", Type: usage.Consumption, Classes: []string{""}, Unit: "min"},
}

// effectOf is what an event of the demo counts as.
func effectOf(e *demo.Event) (effect meter.Effect, ok bool) {
	switch e.Action {
	case "course.accessed", "session.attended":
		return meter.Effect{Kind: usage.Active, Meter: 0}, true
	case "workspace.login", "app.opened", "public_post.viewed", "embed_widget.viewed":
		return meter.Effect{Kind: usage.Active, Meter: 1}, true
	case "transcription.finished":
		for _, a := range e.Attributes {
			if a.Key == "transcription.minutes" {
				return meter.Effect{Kind: usage.Consume, Meter: 2, Value: int64(math.Round(a.Number * usage.Micro))}, true
			}
		}
	}
	return meter.Effect{}, false
}

// live lets the organizations of a seed live through their history.
func live(t *testing.T, seed uint64) []*subject {
	t.Helper()
	plan := demo.NewPlan(seed, months, present)
	month, err := usage.ParseWindow("month")
	require.NoError(t, err)
	defs := meter.Definitions{Past: 35 * 24 * 60, Birth: period.MinuteOf(plan.Start), Began: plan.Start.UnixNano(), Silence: int64(time.Hour)}
	for _, m := range meters {
		m.Windows = []usage.Window{month}
		m.Versions = []usage.Version{{Classes: []usage.Class{{Billable: true}}}}
		defs.Meters = append(defs.Meters, m)
	}
	shared, err := organization.Share(defs, maphash.MakeSeed())
	require.NoError(t, err)
	subjects := map[string]*subject{}
	for e := range plan.Events(plan.Start, plan.Present) {
		effect, counts := effectOf(&e)
		if !counts || e.Organization == "" {
			continue
		}
		s := subjects[e.Organization]
		if s == nil {
			s = newSubject(t, e.Organization, shared, plan)
			subjects[e.Organization] = s
		}
		s.read(t, e.Arrives)
		s.Advance(e.Arrives.UnixNano(), false)
		s.Apply(&meter.Event{Time: e.At.UnixNano(), User: s.user(e.User), Effects: []meter.Effect{effect}})
	}
	var all []*subject
	for _, s := range subjects {
		s.read(t, plan.Present)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *subject) int { return compare(a.id, b.id) })
	return all
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func newSubject(t *testing.T, id string, defs *organization.Shared, plan demo.Plan) *subject {
	t.Helper()
	zone, err := time.LoadLocation(zones[id])
	require.NoError(t, err)
	cal := calendar.New(zone, 1)
	s := &subject{
		Organization: organization.New(id, defs, cal, plan.Start.UnixNano()),
		id:           id, zone: zone, final: map[string]map[time.Time]float64{},
	}
	s.Named = slices.Repeat([]bool{true}, len(defs.Meters)) // zeros before the first use
	for back := assessed; back >= 1; back-- {
		p := cal.Period(usage.Month, time.Date(2026, 10-time.Month(back), 15, 0, 0, 0, 0, time.UTC))
		for _, share := range shares {
			s.due = append(s.due, moment{p.Start.Add(time.Duration(share * float64(p.End.Sub(p.Start)))).Truncate(time.Minute), p.Start, share})
		}
		s.due = append(s.due, moment{p.End, p.Start, 1})
	}
	return s
}

// zones are those of the demo's catalogue.
var zones = map[string]string{
	"acme": "Europe/Berlin", "nordhafen": "Europe/Berlin", "learnwell": "America/New_York",
	"kaveri": "Asia/Kolkata", "tasman": "Pacific/Auckland", "brightpost": "UTC",
}

func (s *subject) user(id string) uint32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	if slot, known := s.Blocks().Find(h.Sum64()); known {
		return slot
	}
	return s.Blocks().Insert(h.Sum64())
}

// read collects at the moments that have come.
func (s *subject) read(t *testing.T, now time.Time) {
	t.Helper()
	for len(s.due) > 0 && !s.due[0].at.After(now) {
		due := s.due[0]
		s.due = s.due[1:]
		figures, ok := s.Collect(period.MinuteOf(due.at))
		require.True(t, ok)
		for _, m := range meters {
			name := map[usage.MeterType]string{usage.ActiveUsers: "usage_active_users", usage.Consumption: "usage_consumption"}[m.Type]
			if due.share == 1 {
				if s.final[m.Name] == nil {
					s.final[m.Name] = map[time.Time]float64{}
				}
				s.final[m.Name][due.month] = figure(t, figures, name, m.Name, "previous")
				continue
			}
			s.found = append(s.found, reading{due, m.Name, figure(t, figures, name, m.Name, "current"), figure(t, figures, "usage_projected", m.Name, "")})
		}
	}
}

func figure(t *testing.T, figures []usage.Figure, name, of, period string) float64 {
	t.Helper()
	for _, f := range figures {
		has := map[string]string{}
		for _, l := range f.Series.Labels {
			has[l.Name] = l.Value
		}
		if f.Series.Name == name && has["meter"] == of && has["period"] == period {
			return f.Value
		}
	}
	t.Fatalf("no %s of %s, period %q", name, of, period)
	return 0
}
