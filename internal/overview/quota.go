// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"math"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// quota shows how far a limit is used: in words, and as a bar on which the
// limit is a mark and what is still expected is pale.
//
//	|#################/////////|     |     used, expected, limit
type quota struct {
	Band, Word string // the band's class in the style sheet, and its name
	Share      string // of the limit, in percent
	Used       string // with the limit and the window
	Left       string // until the period ends, or ""
	Expected   string // at the period's end, or ""
	Falls      string // when the limit is expected to be passed, or ""
	Over       string // what is used beyond the limit, or ""
	Title      string // the bar in words

	status int // value of usage_quota_status

	UsedWidth, ExpectedWidth, LimitX float64 // of 100
}

// bands in the order of usage_quota_status.
var bands = [...]struct{ class, word string }{
	{"under", "under quota"}, {"moderate", "moderate"}, {"high", "high"}, {"over", "at or over"},
}

// newQuota reads the quota of a meter; found is false where it has none.
func newQuota(titles usage.Titles, m *usage.Meter, rs []reading, at time.Time, zone *time.Location) (q quota, found bool) {
	var window string
	for _, r := range rs {
		if r.name == "usage_quota_limit" {
			window, found = r.label("window"), true
		}
	}
	if !found {
		return q, false
	}
	of := []string{"window", window}
	limit, used := sum(rs, "usage_quota_limit", of...), sum(rs, "usage_quota_used", of...)
	q.status = min(max(int(sum(rs, "usage_quota_status", of...)), 0), len(bands)-1)
	band := bands[q.status]
	q.Band, q.Word, q.Share = band.class, band.word, ratio(sum(rs, "usage_quota_ratio", of...))
	unit := ""
	if m.Unit != "1" && m.Unit != "" {
		unit = "\u00a0" + m.Unit
	}
	q.Used = short(used) + " of " + short(limit) + unit + ", " + caption(titles, window, usage.PeriodName(0))
	if exists(rs, "usage_quota_time_remaining_seconds", of...) {
		q.Left = left(time.Duration(sum(rs, "usage_quota_time_remaining_seconds", of...)) * time.Second)
	}
	if over := sum(rs, "usage_quota_overage", of...); over > 0 {
		q.Over = short(over) + unit + " beyond the limit"
	}
	if falls := sum(rs, "usage_quota_exhaustion_timestamp_seconds", of...); falls > 0 {
		q.Falls = "passes the limit " + day(time.Unix(int64(falls), 0), at, zone)
	}
	expected, projected := used, exists(rs, "usage_projected", of...)
	if projected {
		expected = max(used, sum(rs, "usage_projected", of...))
		q.Expected = short(math.Round(expected)) + unit
		if limit > 0 {
			q.Expected += " (" + ratio(expected/limit) + ")"
		}
	}
	q.draw(used, expected, limit)
	q.Title = q.Used + ", " + q.Share + ": " + q.Word
	if projected {
		q.Title += "; " + q.Expected + " expected"
	}
	return q, true
}

// draw lays out the bar, which reaches as far as the largest of the three and
// a little beyond the limit.
func (q *quota) draw(used, expected, limit float64) {
	whole := max(used, expected, limit*1.08)
	if whole <= 0 {
		q.LimitX = 0
		return
	}
	q.UsedWidth = 100 * max(used, 0) / whole
	q.ExpectedWidth = 100*max(expected, 0)/whole - q.UsedWidth
	q.LimitX = 100 * limit / whole
}

// ratio writes a share of a limit. It is cut, not rounded: what is not all is
// never 100 %.
func ratio(v float64) string {
	if math.IsInf(v, 0) {
		return "none allowed"
	}
	percent := 100 * v
	if nearest := math.Round(percent); math.Abs(percent-nearest) < 1e-9 {
		percent = nearest
	}
	if percent < 10 || percent > 90 && percent < 110 {
		return trimZeros(strconv.FormatFloat(math.Floor(10*percent+1e-9)/10, 'f', 1, 64)) + "\u202f%"
	}
	return group(strconv.FormatFloat(math.Floor(percent), 'f', 0, 64)) + "\u202f%"
}

// left says how long a period lasts from now on.
func left(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return strconv.Itoa(int(d/day)) + " days left"
	case d >= 2*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " hours left"
	}
	return strconv.Itoa(int(d/time.Minute)) + " min left"
}

// day names the local day of a time near now.
func day(t, now time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	t, now = t.In(zone), now.In(zone)
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return "today"
	case t.Year() == now.Year():
		return "on " + t.Format("2 January")
	}
	return "on " + t.Format("2 January 2006")
}
