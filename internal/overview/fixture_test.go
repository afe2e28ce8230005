// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// at is the minute that the figures of all tests are of.
var at = time.Date(2026, time.November, 20, 14, 5, 0, 0, time.UTC)

// figure reads `name{label="value", ...} 12` as a reader of PromQL writes it.
func figure(t *testing.T, name, labels string, value float64) usage.Figure {
	t.Helper()
	s := &usage.Series{Name: name}
	for pair := range strings.SplitSeq(labels, ",") {
		key, v, found := strings.Cut(strings.TrimSpace(pair), "=")
		require.True(t, found, labels)
		s.Labels = append(s.Labels, usage.Label{Name: key, Value: v})
	}
	slices.SortFunc(s.Labels, func(x, y usage.Label) int { return strings.Compare(x.Name, y.Name) })
	return usage.Figure{Series: s, Value: value}
}

func window(t *testing.T, text string) usage.Window {
	t.Helper()
	w, err := usage.ParseWindow(text)
	require.NoError(t, err)
	return w
}

func windows(t *testing.T, texts ...string) (out []usage.Window) {
	t.Helper()
	for _, text := range texts {
		out = append(out, window(t, text))
	}
	return out
}

func extraction(t *testing.T) usage.Extraction {
	t.Helper()
	return usage.Extraction{
		Organization: []string{"organization.id", "tenant.id"},
		User:         []string{"user.id"},
		Titles: usage.Titles{
			Meters:  map[string]string{"operators": "Yard operators", "workspace_users": "Members"},
			Windows: map[string]string{"30d": "Rolling 30 days", "cycle": "Contract month"},
		},
		Meters: []usage.Meter{
			{
				Name: "active_learners", Type: usage.ActiveUsers, Windows: windows(t, "day", "week", "month", "24h", "30d"), Classes: []string{""},
				Versions: []usage.Version{{Classes: []usage.Class{{
					Actions: []string{"course.accessed"}, Condition: `attributes["user.status"] == "active"`, Billable: true,
				}}}},
			},
			{
				Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "month", "half", "182d"), Classes: []string{""},
				Versions: []usage.Version{{}},
			},
			{
				Name: "transcription_minutes", Type: usage.Consumption, Windows: windows(t, "day", "month", "cycle"), Classes: []string{""}, Unit: "min",
				Averages: []usage.AverageOf{{Name: "accuracy", Attribute: "transcription.accuracy"}},
				Versions: []usage.Version{{Value: "transcription.minutes", Classes: []usage.Class{{Actions: []string{"transcription.finished"}}}}},
			},
			{
				Name: "workspace_users", Type: usage.ActiveUsers, Windows: windows(t, "day", "month", "30d"),
				Classes:  []string{"onboarded", "anonymous", "email"},
				Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"workspace.login"}, Requires: usage.Registered}}}},
			},
		},
	}
}

// trend invents a month with weekends.
func trend(meter, unit string, level float64) Trend {
	out := Trend{Meter: meter, Window: "day", Unit: unit}
	for i := range sparkDays {
		d := at.AddDate(0, 0, i-sparkDays+1)
		v := level * (0.85 + 0.15*math.Sin(float64(i)*1.7)) * (1 + float64(i)/90)
		if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			v *= 0.22
		}
		out.Days = append(out.Days, Day{usage.Date{Year: d.Year(), Month: d.Month(), Day: d.Day()}, math.Round(v)})
	}
	out.Days[len(out.Days)-1].Value = math.Round(level * 0.6)
	return out
}

func learners(t *testing.T, n float64) []usage.Figure {
	t.Helper()
	return []usage.Figure{
		figure(t, "usage_active_users", "meter=active_learners,window=month,period=current", n),
		figure(t, "usage_active_users", "meter=active_learners,window=month,period=previous", math.Round(n*1.21)),
		figure(t, "usage_active_users", "meter=active_learners,window=month,period=2_ago", n+11),
		figure(t, "usage_active_users", "meter=active_learners,window=day,period=current", math.Round(n/3)),
		figure(t, "usage_active_users", "meter=active_learners,window=week,period=current", math.Round(n/2)),
		figure(t, "usage_active_users", "meter=active_learners,window=24h,period=current", math.Round(n/2.5)),
		figure(t, "usage_active_users", "meter=active_learners,window=30d,period=current", math.Round(n*1.3)),
	}
}

func members(t *testing.T, n float64) []usage.Figure {
	t.Helper()
	var out []usage.Figure
	for i, class := range []string{"onboarded", "anonymous", "email"} {
		part := math.Round(n * []float64{0.78, 0.17, 0.05}[i])
		for w, share := range map[string]float64{"month": 1, "day": 0.4, "30d": 1.1} {
			of := "meter=workspace_users,billable=true,class=" + class + ",window=" + w + ",period="
			out = append(out, figure(t, "usage_active_users", of+"current", math.Round(part*share)))
			if w != "30d" {
				out = append(out, figure(t, "usage_active_users", of+"previous", math.Round(part*share*0.93)))
			}
		}
	}
	return out
}

func yard(t *testing.T, n float64) []usage.Figure {
	t.Helper()
	out := []usage.Figure{
		figure(t, "usage_concurrent_users", "meter=operators,state=active", n-6),
		figure(t, "usage_concurrent_users", "meter=operators,state=idle", 6),
		figure(t, "usage_concurrent_users_net", "meter=operators", n-2),
		figure(t, "usage_hour_users", "meter=operators,period=current", n-6),
		figure(t, "usage_hour_users", "meter=operators,period=previous", n+2),
	}
	for w, peak := range map[string]float64{"month": n + 5, "half": n + 9, "182d": n + 9} {
		out = append(out,
			figure(t, "usage_hour_users_peak", "meter=operators,period=current,window="+w, peak),
			figure(t, "usage_hour_users_peak_hits", "meter=operators,period=current,window="+w, 3))
	}
	return out
}

func minutes(t *testing.T, n float64) []usage.Figure {
	t.Helper()
	var out []usage.Figure
	for w, share := range map[string]float64{"month": 1, "day": 0.06, "cycle": 0.3} {
		of := "meter=transcription_minutes,unit=min,window=" + w + ",period="
		out = append(out, figure(t, "usage_consumption", of+"current", n*share), figure(t, "usage_consumption", of+"previous", n*share*1.4))
	}
	return append(out,
		figure(t, "usage_consumption_events", "meter=transcription_minutes,window=month,period=current", math.Round(n/11)),
		figure(t, "usage_average_sum", "meter=transcription_minutes,average=accuracy,window=month,period=current", n*0.926),
		figure(t, "usage_average_sum", "meter=transcription_minutes,average=accuracy,window=month,period=current,dimension=model,dimension_value=custom", n*0.4),
		figure(t, "usage_average_count", "meter=transcription_minutes,average=accuracy,window=month,period=current", n),
	)
}

// quotaOf are the figures of a quota, as a ledger has them.
func quotaOf(t *testing.T, meter, window string, limit, used, projected float64, left, falls time.Duration) []usage.Figure {
	t.Helper()
	status := 0.0
	for _, from := range []float64{0.5, 0.8, 0.950001} {
		if used/limit >= from {
			status++
		}
	}
	of := "meter=" + meter + ",window=" + window
	out := []usage.Figure{
		figure(t, "usage_quota_limit", of, limit), figure(t, "usage_quota_used", of, used), figure(t, "usage_quota_ratio", of, used/limit),
		figure(t, "usage_quota_overage", of, max(0, used-limit)), figure(t, "usage_quota_status", of, status),
		figure(t, "usage_quota_threshold", of+",threshold=0.5", 0.5),
	}
	if left > 0 {
		out = append(out, figure(t, "usage_quota_time_remaining_seconds", of, left.Seconds()), figure(t, "usage_projected", of, projected))
	}
	if falls > 0 {
		out = append(out, figure(t, "usage_quota_exhaustion_timestamp_seconds", of, float64(at.Add(falls).Unix())))
	}
	return out
}

func items(counted, duplicate, unmatched, late, invalid uint64) (out [usage.NumSignals][usage.NumOutcomes]uint64) {
	out[usage.Logs][usage.Counted] = counted
	out[usage.Logs][usage.Duplicate] = duplicate
	out[usage.Traces][usage.Unmatched] = unmatched
	out[usage.Logs][usage.Late] = late
	out[usage.Logs][usage.Invalid] = invalid
	return out
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

// example is a page as an operator has it on an ordinary day.
func example(t *testing.T) Input {
	t.Helper()
	reject := func(before time.Duration, o usage.Outcome, r usage.Reason, action string) Reject {
		return Reject{Time: at.Add(-before), Signal: usage.Logs, Outcome: o, Reason: r, Action: action}
	}
	return Input{
		At:         at,
		Ledger:     State{OK: true, Text: "ready"},
		Catalogue:  State{OK: true, Text: "5 organizations"},
		Extraction: extraction(t),
		OTLP:       "http://localhost:4318", Store: "http://localhost:9090",
		List: List{Total: 6, Matching: 6, Page: 1, Pages: 1},
		Organizations: []Organization{
			{
				ID: "acme", Name: "Acme GmbH", Zone: zone(t, "Europe/Berlin"), LastEvent: at.Add(-4 * time.Second),
				Items: items(1_284_512, 3_120, 48_200, 212, 37),
				Figures: slices.Concat(members(t, 1412), minutes(t, 8345.25),
					[]usage.Figure{figure(t, "usage_meter_info", "meter=operators,title=Yard operators,type=concurrent_users", 1)},
					quotaOf(t, "workspace_users", "30d", 1400, 1454, 0, 0, 0),
					quotaOf(t, "transcription_minutes", "cycle", 3000, 2503.5, 6_114, 25*24*time.Hour, 3*24*time.Hour)),
				Trends: []Trend{trend("workspace_users", "", 560), trend("transcription_minutes", "min", 480)},
				Rejects: []Reject{
					reject(12*time.Second, usage.Unmatched, usage.ReasonNone, "page.scrolled"),
					reject(14*time.Second, usage.Unmatched, usage.ReasonNone, "page.scrolled"),
					reject(70*time.Second, usage.Invalid, usage.ReasonNoValue, "transcription.finished"),
					reject(9*time.Hour, usage.Late, usage.ReasonNone, "workspace.login"),
				},
			},
			{
				ID: "learnwell", Name: "Learnwell Inc.", Zone: zone(t, "America/New_York"), LastEvent: at.Add(-41 * time.Second),
				Items: items(2_418_377, 0, 0, 0, 0), Figures: append(learners(t, 1184), quotaOf(t, "active_learners", "month", 2000, 1184, 1391, 10*24*time.Hour, 0)...), Trends: []Trend{trend("active_learners", "", 410)},
			},
			{
				ID: "nordhafen", Name: "Nordhafen Terminal", Zone: zone(t, "Europe/Berlin"), LastEvent: at.Add(-2 * time.Second),
				Items: items(612_004, 18, 0, 0, 2), Figures: slices.Concat(yard(t, 47), learners(t, 96),
					quotaOf(t, "operators", "month", 58, 52, 52, 10*24*time.Hour, 0),
					[]usage.Figure{figure(t, "usage_projected", "meter=active_learners,window=month", 114.4)}),
				Trends: []Trend{trend("operators", "", 51), trend("active_learners", "", 40)},
			},
			{
				ID: "tasman", Name: "Tasman Logistics", Zone: zone(t, "Pacific/Auckland"), LastEvent: at.Add(-71 * time.Hour), Silent: true,
				Items: items(231_530, 44, 0, 9, 0), Figures: append(yard(t, 6), quotaOf(t, "operators", "half", 60, 15, 31, 41*24*time.Hour, 0)...), Trends: []Trend{trend("operators", "", 24)},
			},
			{ID: "zenith", Name: "Zenith Clinics", Zone: time.UTC},
			{
				ID: usage.NoOrganization, Items: items(0, 0, 310, 0, 1_204), LastEvent: at.Add(-3 * time.Minute),
				Rejects: []Reject{reject(3*time.Minute, usage.Invalid, usage.ReasonNoOrganization, "course.accessed")},
			},
		},
	}
}
