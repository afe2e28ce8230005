// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"cmp"
	"slices"
	"strings"
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

// Shared is what the organizations of one ledger have in common: its definitions
// and the series that they share. It has one owner.
type Shared struct {
	meter.Definitions

	bare   *Shared
	book   *series.Book
	active []*active.Shared      // by meter
	sums   []*consumption.Shared // likewise
	pace   [][]pace.Series       // by meter and window
	common commonSeries
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
// share. It fails where the definitions would keep too much of every user.
func Share(of meter.Definitions) (*Shared, error) {
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
	d.book = series.NewBook(time.Unix(0, d.Began).UTC())
	d.active, d.sums = make([]*active.Shared, len(d.Meters)), make([]*consumption.Shared, len(d.Meters))
	d.days = period.Depth[usage.Day]
	for i := range d.Meters {
		d.follow(&d.Meters[i])
		d.longest = append(d.longest, period.LongestWindow(&d.Meters[i]))
		switch d.Meters[i].Type {
		case usage.ActiveUsers:
			d.active[i] = active.Share(i, &d.Meters[i], d.layout, d.book)
		case usage.Consumption:
			d.sums[i] = consumption.Share(i, &d.Meters[i], d.layout)
		case usage.ConcurrentUsers:
		}
		label := usage.Label{Name: "meter", Value: d.Meters[i].Name}
		d.common.incomplete = append(d.common.incomplete, d.book.Gauge("usage_incomplete", label))
		d.common.sampled = append(d.common.sampled, d.book.Gauge("usage_sampled", label))
		d.common.titles = append(d.common.titles, d.newTitleSeries(&d.Meters[i]))
	}
	for s := range usage.NumStatuses {
		d.common.registered[s] = d.book.Gauge("usage_registered_users", usage.Label{Name: "status", Value: closing.StatusLabel(usage.Status(s))})
	}
	for signal := range usage.NumSignals {
		for outcome := usage.Unmatched; int(outcome) < usage.NumOutcomes; outcome++ {
			d.common.items[signal][outcome] = d.book.Counter("usage_items_total",
				usage.Label{Name: "signal", Value: usage.Signal(signal).String()},
				usage.Label{Name: "outcome", Value: outcome.String()})
		}
	}
	d.common.lastEvent = d.book.Gauge("usage_last_event_timestamp_seconds")
	d.common.silent = d.book.Gauge("usage_stream_silent")
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
	def := &d.Meters[number]
	for i := range def.Breakdowns {
		values = append(values, meter.NewValues(&def.Breakdowns[i], 0)) // those of a list stay, whenever they were used
	}
	switch def.Type {
	case usage.ActiveUsers:
		kind = active.New(d.active[number], values, users, c)
	case usage.ConcurrentUsers:
		kind = concurrent.New(number, def, users, d.Began, d.Outages)
	case usage.Consumption:
		kind = consumption.New(d.sums[number], values, users)
	}
	return kind, values
}

// follow makes what depends on the windows of a meter.
func (d *Shared) follow(m *usage.Meter) {
	d.pace = append(d.pace, pace.NewSeries(d.book, m))
	for _, w := range m.Windows {
		if w.Kind == usage.Rolling {
			continue
		}
		d.days = max(d.days, period.DaysBack[w.Kind])
		if d.periods[w.Kind] == nil {
			d.periods[w.Kind] = newPeriodSeries(d.book, w.Kind)
		}
	}
}

func (d *Shared) newTitleSeries(m *usage.Meter) titleSeries {
	s := titleSeries{meter: d.book.Gauge("usage_meter_info",
		usage.Label{Name: "meter", Value: m.Name}, usage.Label{Name: "title", Value: d.Titles.Meter(m.Name)},
		usage.Label{Name: "type", Value: m.Type.String()}, usage.Label{Name: "unit", Value: m.Unit})}
	for _, w := range m.Windows {
		s.windows = append(s.windows, d.book.Gauge("usage_window_info",
			usage.Label{Name: "window", Value: w.String()}, usage.Label{Name: "title", Value: d.Titles.Window(w)}))
	}
	return s
}

// Info returns the gauge whose labels tell about an organization.
func (d *Shared) Info(name, reseller, plan, timezone string) *usage.Series {
	return d.book.Gauge("usage_organization_info",
		usage.Label{Name: "name", Value: name}, usage.Label{Name: "reseller", Value: reseller},
		usage.Label{Name: "plan", Value: plan}, usage.Label{Name: "timezone", Value: timezone})
}

// Account returns the gauge whose labels tell what an organization is in the
// vendor's books.
func (d *Shared) Account(clientID, subdomain, plan string) *usage.Series {
	return d.book.Gauge("usage_organization_account",
		usage.Label{Name: "client_id", Value: clientID}, usage.Label{Name: "subdomain", Value: subdomain}, usage.Label{Name: "plan", Value: plan})
}

// Receivers returns the gauges that name the receivers of an organization's alerts,
// and the one that lists by which channels it has any, as email,sms, or none.
func (d *Shared) Receivers(email, sms, webhook []string) (gauges []*usage.Series) {
	var channels []string
	for _, of := range [...]struct {
		channel   string
		receivers []string
	}{{"email", email}, {"sms", sms}, {"webhook", webhook}} {
		if len(of.receivers) > 0 {
			channels = append(channels, of.channel)
		}
		for _, receiver := range of.receivers {
			s := d.book.Gauge("usage_organization_notify",
				usage.Label{Name: "channel", Value: of.channel}, usage.Label{Name: "receiver", Value: receiver})
			if !slices.Contains(gauges, s) { // else it is listed twice
				gauges = append(gauges, s)
			}
		}
	}
	list := cmp.Or(strings.Join(channels, ","), "none")
	return append(gauges, d.book.Gauge("usage_organization_notify_channels", usage.Label{Name: "notify", Value: list}))
}

// Bare returns definitions without meters that share the series: those of the
// organization under which items are counted that name none.
func (d *Shared) Bare() *Shared {
	if d.bare == nil {
		bare := *d
		bare.Meters, bare.active, bare.sums, bare.common.incomplete = nil, nil, nil, nil
		d.bare = &bare
	}
	return d.bare
}
