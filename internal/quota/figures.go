// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"slices"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// quotaSeries are the series of a quota with given thresholds.
type quotaSeries struct {
	thresholds []int64

	limit, used, ratio, remaining, overage, status *usage.Series
	timeRemaining, exhaustion                      *usage.Series
	threshold, reached                             []*usage.Series // by threshold
}

func newQuotaSeries(book *series.Book, meter string, q *Quota) *quotaSeries {
	of := []usage.Label{{Name: "meter", Value: meter}, {Name: "window", Value: q.Window.String()}}
	gauge := func(name string, more ...usage.Label) *usage.Series {
		return book.Gauge("usage_quota_"+name, append(slices.Clip(of), more...)...)
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

func (qs *Quotas) figures(sheet *series.Sheet, q *quota) {
	if q.series == nil {
		q.series = newQuotaSeries(sheet.Book, qs.Defs.Meters[q.Meter].Name, &q.Quota)
	}
	s, used, add := q.series, series.Amount(q.used), sheet.Add
	add(s.limit, series.Amount(q.Limit))
	add(s.used, used)
	add(s.ratio, q.Ratio(q.used))
	add(s.remaining, series.Amount(q.Remaining(q.used)))
	add(s.overage, series.Amount(q.Overage(q.used)))
	add(s.status, float64(q.Status(q.used)))
	if q.Window.Kind != usage.Rolling {
		p := pace.SpanOf(qs.Clock, q.Window.Kind)
		add(s.timeRemaining, float64(p.End-p.Now)*60)
	}
	if q.falls != 0 {
		add(s.exhaustion, float64(q.falls)*60)
	}
	for i, share := range q.Thresholds {
		add(s.threshold[i], float64(share)/usage.Micro)
		add(s.reached[i], float64(series.Flag(q.Reached[i])))
	}
}
