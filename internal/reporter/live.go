// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// live is what the latest collection says of one organization.
type live struct {
	at      time.Time
	figures map[place][]report.Figure // without the labels of their place
}

// place is where a figure stands; what a series does not have is "".
type place struct{ meter, window, period string }

func newLive(c usage.Collection, organization string) *live {
	l := &live{at: c.At, figures: map[place][]report.Figure{}}
	i, found := slices.BinarySearchFunc(c.Organizations, organization, func(o usage.OrganizationFigures, id string) int {
		return strings.Compare(o.Organization, id)
	})
	if !found {
		return l
	}
	for _, f := range c.Organizations[i].Figures {
		if math.IsInf(f.Value, 0) || math.IsNaN(f.Value) {
			continue // a ratio, which is made of its parts anew
		}
		var at place
		figure := report.Figure{Name: f.Series.Name, Value: exact(f.Value)}
		for _, label := range f.Series.Labels {
			switch label.Name {
			case "meter":
				at.meter = label.Value
			case "window":
				at.window = label.Value
			case "period":
				at.period = label.Value
			default:
				figure.Labels = append(figure.Labels, label)
			}
		}
		l.figures[at] = append(l.figures[at], figure)
	}
	return l
}

// exact returns a gauge's value in millionths.
func exact(v float64) wide.Int {
	n, _ := wide.FromBig(decimal.NewFromFloat(v).Shift(6).RoundBank(0).BigInt()) // a sum's own type
	return n
}

// value returns the only figure of a name in a place.
func (l *live) value(at place, name string) *wide.Int {
	for i := range l.figures[at] {
		if f := &l.figures[at][i]; f.Name == name && f.Label("dimension") == "" {
			return &f.Value
		}
	}
	return nil
}

// instant returns a figure of seconds since 1970; the zero Time: there is none.
func (l *live) instant(at place, name string) time.Time {
	v := l.value(at, name)
	if v == nil {
		return time.Time{}
	}
	return timeOf(*v)
}

// timeOf returns an instant from millionths of seconds since 1970.
func timeOf(micros wide.Int) time.Time {
	n, _ := micros.Int64() // of this century
	return time.UnixMicro(n).UTC()
}

// meters returns the names of all that has figures.
func (l *live) meters() map[string]bool {
	names := map[string]bool{}
	for at := range l.figures {
		if at.meter != "" && at.period != "" {
			names[at.meter] = true
		}
	}
	return names
}

// period returns the period of a span that is kept open, with its label; "":
// there is none.
func (l *live) period(span report.Span, zone *time.Location) (calendar.Period, string) {
	for i := range 3 {
		at := place{window: span.Window.String(), period: usage.PeriodName(i)}
		p := l.bounds(at)
		if !p.Start.IsZero() && span.Has(dateIn(p.Start, zone)) {
			return p, at.period
		}
	}
	return calendar.Period{}, ""
}

// bounds are those of a period; the zero Period: it has none.
func (l *live) bounds(at place) calendar.Period {
	return calendar.Period{Start: l.instant(at, "usage_period_start_timestamp_seconds"), End: l.instant(at, "usage_period_end_timestamp_seconds")}
}

// used is what a quota counts of a meter's figures in a period.
func used(t usage.MeterType, figures []report.Figure) (sum wide.Int) {
	for i := range figures {
		switch f := &figures[i]; {
		case f.Label("dimension") != "":
		case t == usage.ActiveUsers && f.Name == "usage_active_users" && f.Label("billable") != "false",
			t == usage.ConcurrentUsers && f.Name == "usage_hour_users_peak",
			t == usage.Consumption && f.Name == "usage_consumption":
			sum = sum.Add(f.Value)
		}
	}
	return sum
}

// past are the ended periods of a window whose use the collection still has.
func (l *live) past(meter, window string) (parts []report.Part) {
	for _, f := range l.figures[place{meter: meter, window: window}] {
		if f.Name == "usage_past_period_used" {
			if d, err := usage.ParseDate(f.Label("start")); err == nil {
				parts = append(parts, report.Part{Start: d, Used: f.Value})
			}
		}
	}
	return parts
}

// topUsers are those that a breakdown by user shows of a period, the largest
// first.
func (l *live) topUsers(m *usage.Meter, at place) (users []report.UserAmount) {
	if m.ByUser == nil {
		return nil
	}
	for i := range l.figures[at] {
		f := &l.figures[at][i]
		user := f.Label("dimension_value")
		if f.Name != "usage_consumption_breakdown" || f.Label("dimension") != m.ByUser.Dimension || user == usage.NoValue || user == usage.OtherValue {
			continue
		}
		users = append(users, report.UserAmount{User: user, Used: f.Value, Last: l.lastActivity(m.Name, user)})
	}
	slices.SortStableFunc(users, func(x, y report.UserAmount) int { return cmp.Or(y.Used.Cmp(x.Used), strings.Compare(x.User, y.User)) })
	return users
}

func (l *live) lastActivity(meter, user string) time.Time {
	for _, f := range l.figures[place{meter: meter}] {
		if f.Name == "usage_user_last_activity_timestamp_seconds" && f.Label("dimension_value") == user {
			return timeOf(f.Value)
		}
	}
	return time.Time{}
}
