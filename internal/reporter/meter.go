// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// meter reads one; not known: it has nothing of the period.
func (r *reader) meter(m *usage.Meter) (out report.Meter, known bool) {
	out = report.Meter{Name: m.Name, Type: m.Type, Unit: m.Unit, Definition: r.definition(m)}
	window := r.span.Window.String()
	at := place{m.Name, window, r.label}
	if st := r.statement(m.Name); st != nil {
		v := r.version(st)
		out.Version, out.Used, out.Definition = v.Number, v.Used, st.Definition
		for _, f := range v.Figures {
			out.Figures = append(out.Figures, report.Figure{Name: f.Name, Labels: f.Labels, Value: f.Value})
		}
	} else {
		figures := r.live.figures[at]
		if r.label == "" || !slices.ContainsFunc(figures, func(f report.Figure) bool { return f.Name == headlines[m.Type] }) {
			return out, false
		}
		out.Used = used(m.Type, figures)
		for _, f := range figures {
			if m.ByUser == nil || f.Label("dimension") != m.ByUser.Dimension { // users have a table of their own
				out.Figures = append(out.Figures, f)
			}
		}
	}
	if r.label != "" {
		out.TopUsers = r.live.topUsers(m, at)
	}
	process := place{meter: m.Name}
	out.Incomplete, out.Sampled = positive(r.live.value(process, "usage_incomplete")), positive(r.live.value(process, "usage_sampled"))
	r.compare(m, &out)
	if r.label == usage.PeriodName(0) {
		r.outlook(m, &out)
	} else {
		r.ended(m, &out)
	}
	out.Days = r.parts(m)
	return out, true
}

// headlines are the series that a meter has of a period whatever happened.
var headlines = map[usage.MeterType]string{
	usage.ActiveUsers: "usage_active_users", usage.ConcurrentUsers: "usage_hour_users_peak", usage.Consumption: "usage_consumption",
}

func positive(n *wide.Int) bool { return n != nil && n.Sign() > 0 }

// definition is the one in force now.
func (r *reader) definition(m *usage.Meter) (from usage.Date) {
	today := r.subject.today(r.source.Now)
	for i := range m.Versions {
		if v := &m.Versions[i]; v.EffectiveFrom.Compare(today) <= 0 {
			from = v.EffectiveFrom
		}
	}
	return from
}

// compare reads what was used before.
func (r *reader) compare(m *usage.Meter, out *report.Meter) {
	zone := r.subject.Location
	past := map[usage.Date]wide.Int{}
	for _, p := range r.live.past(m.Name, r.span.Window.String()) {
		past[p.Start] = p.Used
	}
	for i := range r.closed[m.Name] { // which are exact, and may be as billed
		st := &r.closed[m.Name][i]
		past[dateIn(st.Start, zone)] = r.version(st).Used
	}
	start := dateIn(r.period.Start, zone)
	running := r.period.End.After(r.source.Now)
	if !running {
		past[start] = out.Used
	}
	for d, n := range past {
		if c := d.Compare(start); c < 0 || c == 0 && !running {
			out.Past = append(out.Past, report.Part{Start: d, Used: n})
		}
	}
	slices.SortFunc(out.Past, compareParts)
	if running {
		window := r.span.Window.String()
		out.Before = r.live.value(place{m.Name, window, "previous"}, "usage_at_same_share")
		out.YearAgo = r.live.value(place{m.Name, window, "year_ago"}, "usage_at_same_share")
	} else {
		out.Before = r.endedAt(out.Past, r.period.Start, m.Name)
		if yearAgo, found := past[yearBefore(start, r.span.Window.Kind)]; found {
			out.YearAgo = &yearAgo
		}
	}
	out.Past = out.Past[max(0, len(out.Past)-closedPeriods):]
}

// endedAt returns what was used in the period that ended when this one began;
// nil: it is not known.
func (r *reader) endedAt(past []report.Part, start time.Time, meter string) *wide.Int {
	for i := range r.closed[meter] {
		if st := &r.closed[meter][i]; st.End.Equal(start) {
			return &r.version(st).Used
		}
	}
	// Not closed yet: the last one before, which cannot be an older one, since
	// periods close in their order.
	d := dateIn(start, r.subject.Location)
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].Start.Compare(d) < 0 && r.follows(past[i].Start, d) {
			return &past[i].Used
		}
	}
	return nil
}

// follows reports whether a period that begins on a date is followed by the one
// that begins on another.
func (r *reader) follows(first, next usage.Date) bool {
	before := time.Date(next.Year, next.Month, next.Day, 12, 0, 0, 0, time.UTC)
	switch kind := r.span.Window.Kind; kind {
	case usage.Day:
		before = before.AddDate(0, 0, -1)
	case usage.Week:
		before = before.AddDate(0, 0, -7)
	case usage.Cycle:
		gap := before.Sub(time.Date(first.Year, first.Month, first.Day, 12, 0, 0, 0, time.UTC))
		return gap <= 32*24*time.Hour
	default:
		before = before.AddDate(0, -kind.Months(), 0)
	}
	return first == usage.DateOf(before)
}

// yearBefore is the first date of the same period a year ago: of weeks 52 weeks,
// of days none, which is no date that a period begins on.
func yearBefore(start usage.Date, k usage.Kind) usage.Date {
	t := time.Date(start.Year, start.Month, start.Day, 0, 0, 0, 0, time.UTC)
	switch k {
	case usage.Day:
		return usage.Date{}
	case usage.Week:
		t = t.AddDate(0, 0, -7*52)
	default:
		t = t.AddDate(-1, 0, 0)
	}
	return usage.DateOf(t)
}

// outlook reads what is expected of a running period, and quotas as they stand
// now.
func (r *reader) outlook(m *usage.Meter, out *report.Meter) {
	out.Projected = r.live.value(place{meter: m.Name, window: r.span.Window.String()}, "usage_projected")
	for _, w := range m.Windows {
		at := place{meter: m.Name, window: w.String()}
		limit := r.live.value(at, "usage_quota_limit")
		if limit == nil {
			continue
		}
		q := report.Quota{
			Window: w.String(), Period: r.live.bounds(place{window: w.String(), period: usage.PeriodName(0)}), Limit: *limit, Used: *r.live.value(at, "usage_quota_used"),
			Projected: r.live.value(at, "usage_projected"), Exhausted: r.live.instant(at, "usage_quota_exhaustion_timestamp_seconds"),
		}
		if left := r.live.value(at, "usage_quota_time_remaining_seconds"); left != nil {
			q.Left = time.Duration(left.Over(usage.Micro)) * time.Second
		}
		out.Quotas = append(out.Quotas, q)
	}
}

// ended reads how the quotas stood whose periods ended with this one or in it.
func (r *reader) ended(m *usage.Meter, out *report.Meter) {
	for i := range r.limited[m.Name] {
		st := &r.limited[m.Name][i]
		if st.End.After(r.period.Start) && !st.End.After(r.period.End) {
			out.Quotas = append(out.Quotas, report.Quota{Window: st.Window, Period: calendar.Period{Start: st.Start, End: st.End}, Limit: st.Quota.Limit, Used: r.version(st).Used})
		}
	}
}

// parts are the days of the period of a meter of sums: those that are closed,
// and of those that are not what the collection has.
func (r *reader) parts(m *usage.Meter) []report.Part {
	if m.Type != usage.Consumption {
		return nil
	}
	zone := r.subject.Location
	days := map[usage.Date]wide.Int{}
	if r.label == usage.PeriodName(0) { // only then the collection has days of it
		for _, f := range r.live.figures[place{meter: m.Name}] {
			if f.Name == "usage_consumption_by_day" {
				if d, err := usage.ParseDate(dayOf(r.live.at.In(zone).Year(), f.Label("day"))); err == nil && r.covers(d) {
					days[d] = f.Value
				}
			}
		}
	}
	for i := range r.days[m.Name] {
		st := &r.days[m.Name][i]
		days[dateIn(st.Start, zone)] = r.version(st).Used
	}
	var parts []report.Part
	for d, n := range days {
		parts = append(parts, report.Part{Start: d, Used: n})
	}
	slices.SortFunc(parts, compareParts)
	return parts
}

// dayOf is the date of a label `day`, which is of the running calendar month.
func dayOf(year int, day string) string {
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006-") + day
}

// covers reports whether the period has a civil date.
func (r *reader) covers(d usage.Date) bool {
	noon := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, r.subject.Location)
	return !noon.Before(r.period.Start) && noon.Before(r.period.End)
}
