// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Quota is an organization's limit on one meter, in decimals.
type Quota struct {
	Limit      string   `json:"limit"`
	Window     string   `json:"window"`
	Thresholds []string `json:"thresholds,omitempty"` // 0.5, 0.75, 0.9 and 1 unless set
}

// reached are the thresholds of a quota that are, and in which period.
type reached struct {
	start      time.Time // zero of a rolling window
	thresholds map[string]bool
}

// quotaFigures holds what the other figures say against the quotas.
func (m *Model) quotaFigures(o *organization, at time.Time, others []Sample) []Sample {
	var samples []Sample
	for _, mt := range m.meters {
		q, has := m.config.Organizations[o.id].Quotas[mt.name]
		if !has {
			continue
		}
		labels := func(more ...string) map[string]string {
			l := map[string]string{"meter": mt.name, "window": q.Window}
			for i := 0; i < len(more); i += 2 {
				l[more[i]] = more[i+1]
			}
			return l
		}
		limit, _ := millionths(q.Limit)
		used := m.usedOf(o, mt, q.Window, at, others)
		add := func(name string, value float64, more ...string) {
			samples = append(samples, Sample{"usage_quota_" + name, labels(more...), value})
		}
		add("limit", micro(limit))
		add("used", micro(used))
		add("remaining", micro(surplus(limit, used)))
		add("overage", micro(surplus(used, limit)))
		ratio := ratioOf(used, limit)
		add("ratio", ratio.float())
		add("status", float64(ratio.band()))
		running := time.Time{}
		if w, _ := usage.ParseWindow(q.Window); w.Kind != usage.Rolling {
			p := o.civil.period(w.Kind, at)
			running = p.start
			add("time_remaining_seconds", p.end.Sub(at).Seconds())
		}
		was := o.reached[mt]
		if !was.start.Equal(running) || was.thresholds == nil {
			was = reached{running, map[string]bool{}}
		}
		now := reached{running, map[string]bool{}}
		for _, threshold := range q.thresholds() {
			value, _ := strconv.ParseFloat(threshold, 64)
			share, _ := new(big.Rat).SetString(threshold)
			if was.thresholds[threshold] {
				share.Sub(share, big.NewRat(2, 100))
			}
			now.thresholds[threshold] = ratio.atLeast(share)
			add("threshold", value, "threshold", threshold)
			add("threshold_reached", flag(now.thresholds[threshold]), "threshold", threshold)
		}
		o.reached[mt] = now
	}
	return samples
}

// BeginQuotas has all quotas be known from now on only: which thresholds were reached at
// the collections before, nobody has judged.
func (m *Model) BeginQuotas() {
	for _, o := range m.organizations {
		clear(o.reached)
	}
}

func (q Quota) thresholds() []string {
	if q.Thresholds == nil {
		return []string{"0.5", "0.75", "0.9", "1"}
	}
	return q.Thresholds
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// surplus is what a is above b.
func surplus(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return new(big.Int)
	}
	return new(big.Int).Sub(a, b)
}

// usedOf is what a quota is held against: the sum, or what the figures say of
// users.
func (m *Model) usedOf(o *organization, mt *meter, window string, at time.Time, figures []Sample) *big.Int {
	used := new(big.Int)
	if mt.Type == usage.Consumption.String() {
		for _, w := range m.windowsOf(o, mt, at) {
			if w.name == window && w.running {
				used.Set(&o.within(mt, w).sum)
			}
		}
		return used
	}
	name := map[string]string{
		usage.ActiveUsers.String():     "usage_active_users",
		usage.ConcurrentUsers.String(): "usage_hour_users_peak",
	}[mt.Type]
	for _, s := range figures {
		if s.Name == name && s.Labels["meter"] == mt.name && s.Labels["window"] == window && s.Labels["period"] == usage.PeriodName(0) &&
			s.Labels["billable"] != "false" {
			used.Add(used, big.NewInt(int64(s.Value)*usage.Micro))
		}
	}
	return used
}

// ratio is used/limit as a fraction; nil is infinite.
type ratio struct{ *big.Rat }

func ratioOf(used, limit *big.Int) ratio {
	switch {
	case limit.Sign() != 0:
		return ratio{new(big.Rat).SetFrac(used, limit)}
	case used.Sign() > 0:
		return ratio{}
	}
	return ratio{new(big.Rat)}
}

func (r ratio) float() float64 {
	if r.Rat == nil {
		return math.Inf(1)
	}
	f, _ := r.Float64()
	return f
}

func (r ratio) atLeast(share *big.Rat) bool { return r.Rat == nil || r.Cmp(share) >= 0 }

// band is the status.
func (r ratio) band() int {
	switch {
	case !r.atLeast(big.NewRat(50, 100)):
		return 0
	case !r.atLeast(big.NewRat(80, 100)):
		return 1
	case r.Rat != nil && r.Cmp(big.NewRat(95, 100)) <= 0:
		return 2
	}
	return 3
}

// periodFigures are the bounds of the periods that any meter has.
func (m *Model) periodFigures(o *organization, at time.Time) []Sample {
	var samples []Sample
	known := map[[2]string]bool{}
	zone := o.civil.first.zone
	if n := len(o.civil.changes); n > 0 {
		zone = o.civil.changes[n-1].to.zone
	}
	for _, mt := range m.meters {
		if !m.has(o, mt) {
			continue
		}
		for _, w := range m.windowsOf(o, mt, at) {
			if w.kind == usage.Rolling || known[[2]string{w.name, w.period}] {
				continue
			}
			known[[2]string{w.name, w.period}] = true
			labels := func() map[string]string { return map[string]string{"window": w.name, "period": w.period} }
			samples = append(samples,
				Sample{"usage_period_start_timestamp_seconds", labels(), float64(w.start.Unix())},
				Sample{"usage_period_end_timestamp_seconds", labels(), float64(w.end.Unix())})
			if w.running && w.kind != usage.Hour {
				info := labels()
				info["start"], info["end"] = w.start.In(zone).Format(time.DateOnly), w.end.In(zone).Format(time.DateOnly)
				info["timezone"] = zone.String()
				samples = append(samples, Sample{"usage_period_info", info, 1})
			}
		}
	}
	return samples
}
