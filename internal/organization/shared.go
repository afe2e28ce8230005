// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"hash/maphash"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/active"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/consumption"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Shared is what the organizations of one ledger have in common: its definitions, the
// values of breakdowns and the series that they share. They use it side by side.
type Shared struct {
	meter.Definitions
	Series *series.Book

	bare       *Shared
	keys       *meter.Dictionary     // of standing activities
	active     []*active.Shared      // by meter
	concurrent []*concurrent.Shared  // likewise
	sums       []*consumption.Shared // likewise
	pace       [][]pace.Series       // by meter and window
	common     commonSeries
	// longest is the longest window of each meter.
	longest []usage.Window

	periods [usage.NumKinds]*periodSeries
	days    int // how many local days are kept
	layout  *people.Layout
	idle    []*meter.Idle // by meter; nil: organizations have a kind of it from the beginning
}

// commonSeries are the series that do not belong to a meter.
type commonSeries struct {
	registered [usage.NumStatuses]*usage.Series
	items      [usage.NumSignals][usage.NumOutcomes]*usage.Series
	lastEvent  *usage.Series
	silent     *usage.Series
	incomplete []*usage.Series // by meter
	sampled    []*usage.Series // likewise
	titles     []titleSeries   // likewise
}

// titleSeries tell what a meter and each of its windows are called; meters
// share those of windows.
type titleSeries struct {
	meter   *usage.Series
	windows []*usage.Series
}

// Share lays out what is kept by user and makes the series that organizations
// share. It fails where the definitions would keep too much of every user. seed is that of
// hashes that are kept nowhere.
func Share(of meter.Definitions, seed maphash.Seed) (*Shared, error) {
	d := &Shared{Definitions: of}
	var claims []people.Claim
	for i := range d.Meters {
		switch d.Meters[i].Type {
		case usage.ActiveUsers:
			claims = append(claims, active.Claims(i, &d.Meters[i])...)
		case usage.ConcurrentUsers:
			claims = append(claims, concurrent.Claims(i)...)
		case usage.Consumption:
			claims = append(claims, consumption.Claims(i, &d.Meters[i])...)
		}
	}
	var err error
	if d.layout, err = people.NewLayout(claims); err != nil {
		return nil, err
	}
	d.Series = series.NewBook(time.Unix(0, d.Began).UTC(), seed)
	d.keys = meter.NewDictionary(nil, 0, d.Series)
	d.active, d.concurrent, d.sums = make([]*active.Shared, len(d.Meters)), make([]*concurrent.Shared, len(d.Meters)), make([]*consumption.Shared, len(d.Meters))
	d.days = period.Depth[usage.Day]
	for i := range d.Meters {
		d.follow(&d.Meters[i])
		d.longest = append(d.longest, period.LongestWindow(&d.Meters[i]))
		switch d.Meters[i].Type {
		case usage.ActiveUsers:
			d.active[i] = active.Share(i, &d.Meters[i], d.layout, d.Series)
		case usage.ConcurrentUsers:
			d.concurrent[i] = concurrent.Share(i, &d.Meters[i], d.Series)
		case usage.Consumption:
			d.sums[i] = consumption.Share(i, &d.Meters[i], d.layout, d.Series)
		}
		label := usage.Label{Name: "meter", Value: d.Meters[i].Name}
		d.common.incomplete = append(d.common.incomplete, d.Series.Gauge("usage_incomplete", label))
		d.common.sampled = append(d.common.sampled, d.Series.Gauge("usage_sampled", label))
		d.common.titles = append(d.common.titles, d.newTitleSeries(&d.Meters[i]))
	}
	for s := range usage.NumStatuses {
		d.common.registered[s] = d.Series.Gauge("usage_registered_users", usage.Label{Name: "status", Value: closing.StatusLabel(usage.Status(s))})
	}
	for signal := range usage.NumSignals {
		for outcome := usage.Unmatched; int(outcome) < usage.NumOutcomes; outcome++ {
			d.common.items[signal][outcome] = d.Series.Counter("usage_items_total",
				usage.Label{Name: "signal", Value: usage.Signal(signal).String()},
				usage.Label{Name: "outcome", Value: outcome.String()})
		}
	}
	d.common.lastEvent = d.Series.Gauge("usage_last_event_timestamp_seconds")
	d.common.silent = d.Series.Gauge("usage_stream_silent")
	for i := range d.Meters {
		d.idle = append(d.idle, d.newIdle(uint16(i)))
	}
	return d, nil
}

// newIdle returns what stands in for a meter's kind in organizations that have
// counted nothing by it, nil where samples are taken of nobody, too.
func (d *Shared) newIdle(number uint16) *meter.Idle {
	if d.Meters[number].Type == usage.ConcurrentUsers {
		return nil
	}
	return meter.NewIdle(func() (meter.Kind, []meter.Values) {
		users := people.NewUsers(d.layout)
		return d.newKind(number, &users, &period.Clock{Calendar: calendar.New(time.UTC, 1), AsOf: d.Birth})
	})
}

// newKind returns the kind of a meter that has counted nothing at the time of a
// clock, and the values of its breakdowns.
func (d *Shared) newKind(number uint16, users *people.Users, c *period.Clock) (kind meter.Kind, values []meter.Values) {
	switch d.Meters[number].Type {
	case usage.ActiveUsers:
		values = meter.NumberAll(d.active[number].Values)
		kind = active.New(d.active[number], values, users, c)
	case usage.ConcurrentUsers:
		kind = concurrent.New(d.concurrent[number], users, d.Began, d.Outages)
	case usage.Consumption:
		values = meter.NumberAll(d.sums[number].Values)
		kind = consumption.New(d.sums[number], values, users)
	}
	return kind, values
}

// follow makes what depends on the windows of a meter.
func (d *Shared) follow(m *usage.Meter) {
	d.pace = append(d.pace, pace.NewSeries(d.Series, m))
	for _, w := range m.Windows {
		if w.Kind == usage.Rolling {
			continue
		}
		d.days = max(d.days, period.DaysBack[w.Kind])
		if d.periods[w.Kind] == nil {
			d.periods[w.Kind] = newPeriodSeries(d.Series, w.Kind)
		}
	}
}

func (d *Shared) newTitleSeries(m *usage.Meter) titleSeries {
	s := titleSeries{meter: d.Series.Gauge("usage_meter_info",
		usage.Label{Name: "meter", Value: m.Name}, usage.Label{Name: "title", Value: d.Titles.Meter(m.Name)},
		usage.Label{Name: "type", Value: m.Type.String()}, usage.Label{Name: "unit", Value: m.Unit})}
	for _, w := range m.Windows {
		s.windows = append(s.windows, d.Series.Gauge("usage_window_info",
			usage.Label{Name: "window", Value: w.String()}, usage.Label{Name: "title", Value: d.Titles.Window(w)}))
	}
	return s
}

// Bare returns definitions without meters that share the series: those of the
// organization under which items are counted that name none.
func (d *Shared) Bare() *Shared {
	if d.bare == nil {
		bare := *d
		bare.Meters, bare.active, bare.concurrent, bare.sums, bare.common.incomplete = nil, nil, nil, nil, nil
		d.bare = &bare
	}
	return d.bare
}
