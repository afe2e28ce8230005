// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// quotaSeries are the series of a quota with given thresholds.
type quotaSeries struct {
	thresholds []int64

	limit, used, ratio, remaining, overage, status *usage.Series
	timeRemaining, exhaustion                      *usage.Series
	threshold, reached                             []*usage.Series // by threshold
}

// quotaSeries returns the series of a quota, which organizations share.
func (d *Definitions) quotaSeries(q *Quota) *quotaSeries {
	of := []usage.Label{{Name: "meter", Value: d.Meters[q.Meter].Name}, {Name: "window", Value: q.Window.String()}}
	gauge := func(name string, more ...usage.Label) *usage.Series {
		return d.book.Gauge("usage_quota_"+name, append(slices.Clip(of), more...)...)
	}
	s := &quotaSeries{
		thresholds: q.Thresholds,
		limit:      gauge("limit"), used: gauge("used"), ratio: gauge("ratio"),
		remaining: gauge("remaining"), overage: gauge("overage"), status: gauge("status"),
		timeRemaining: gauge("time_remaining_seconds"), exhaustion: gauge("exhaustion_timestamp_seconds"),
	}
	for _, share := range q.Thresholds {
		label := usage.Label{Name: "threshold", Value: strconv.FormatFloat(float64(share)/usage.Micro, 'f', -1, 64)}
		s.threshold = append(s.threshold, gauge("threshold", label))
		s.reached = append(s.reached, gauge("threshold_reached", label))
	}
	return s
}

// quotaOn returns the quota on a meter and window, nil where there is none.
func (o *Organization) quotaOn(meter int, w usage.Window) *quota {
	for i := range o.quotas {
		if q := &o.quotas[i]; int(q.Meter) == meter && q.Window == w {
			return q
		}
	}
	return nil
}

// windowOf returns the place of a quota's window among those of its meter, -1
// where the meter does not keep it, or is no longer configured.
func (o *Organization) windowOf(q *quota) int {
	if int(q.Meter) >= len(o.meters) || o.defs.retired(int(q.Meter)) {
		return -1
	}
	return slices.Index(o.defs.Meters[q.Meter].Windows, q.Window)
}

// readQuotas notes what quotas are held against at the organization's minute.
func (o *Organization) readQuotas() {
	for i := range o.quotas {
		q := &o.quotas[i]
		if w := o.windowOf(q); w >= 0 {
			q.used, q.at = o.meters[q.Meter].used(&o.clock, w, 0), o.clock.AsOf
		}
	}
}

// judgeQuotas holds what was noted at a collection's minute against the
// thresholds, and appends the figures of quotas to those set aside for it.
func (o *Organization) judgeQuotas(at period.Minute) {
	showing := o.asideAt == at && !o.asideJudged
	for i := range o.quotas {
		q := &o.quotas[i]
		w := o.windowOf(q)
		if w < 0 || q.at != at {
			continue
		}
		start := period.Minute(0)
		if q.Window.Kind != usage.Rolling {
			start, _ = o.clock.Tracks[q.Window.Kind].Bounds(0)
		}
		if q.judge(q.used, start) {
			o.judged = true
		}
		if showing {
			o.aside = o.quotaFigures(o.aside, q)
		}
	}
	o.asideJudged = o.asideJudged || showing
}

// Judged reports whether a collection has changed which thresholds are reached
// since it was last asked: that does not follow from later collections.
func (o *Organization) Judged() bool {
	judged := o.judged
	o.judged = false
	return judged
}

func (o *Organization) quotaFigures(figures []usage.Figure, q *quota) []usage.Figure {
	if q.series == nil {
		q.series = o.defs.quotaSeries(&q.Quota)
	}
	s, used := q.series, amount(q.used)
	add := func(series *usage.Series, value float64) {
		figures = append(figures, usage.Figure{Series: series, Value: value})
	}
	add(s.limit, amount(q.Limit))
	add(s.used, used)
	add(s.ratio, q.Ratio(q.used))
	add(s.remaining, amount(q.Remaining(q.used)))
	add(s.overage, amount(q.Overage(q.used)))
	add(s.status, float64(q.Status(q.used)))
	if q.Window.Kind != usage.Rolling {
		p := spanOf(&o.clock, q.Window.Kind)
		add(s.timeRemaining, float64(p.end-p.now)*60)
	}
	if q.falls != 0 {
		add(s.exhaustion, float64(q.falls)*60)
	}
	for i, share := range q.Thresholds {
		add(s.threshold[i], float64(share)/usage.Micro)
		add(s.reached[i], float64(flag(q.reached[i])))
	}
	return figures
}
