// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Vector is a worked example with true figures.
type Vector struct {
	Config
	At       time.Time                     `json:"at"`
	Events   []Event                       `json:"events"`
	Expect   []Expectation                 `json:"expect"`
	Outcomes map[string]map[string]float64 `json:"outcomes"` // by organization
	Samples  []struct {
		At                      time.Time
		Connected, Active, Idle int
		Handover                *int
	} `json:"samples"`
	Hours []struct {
		Hour  time.Time
		Users int
	} `json:"hours"`
	NetPeak struct {
		Window string
		Value  int
		Until  time.Time `json:"of_samples_up_to"`
	} `json:"net_peak"`
}

// Expectation is a figure; the series may have unit and billable besides.
type Expectation struct {
	Series string            `json:"series"`
	Labels map[string]string `json:"labels"`
	Value  Number            `json:"value"`
}

// ReadVector reads an example of test/sim/testdata.
func ReadVector(testdata, name string) (v Vector, err error) {
	raw, err := os.ReadFile(filepath.Join(testdata, "vectors", name+".json"))
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(raw, &v)
}

// Check is a figure of the yard at an instant.
type Check struct {
	At     time.Time
	Series string
	Labels map[string]string
	Want   int
}

// Yard returns the checks of samples and hours in the order of time. Each figure
// is right when it is final: a sample a minute after its instant, its hand-over
// an idle timeout later, users in the hour when that has ended.
func (v *Vector) Yard() (checks []Check) {
	const idle = 30 * time.Minute
	check := func(at time.Time, series string, want int, labels ...string) {
		c := Check{at.Add(time.Minute), series, map[string]string{"organization": "yard", "meter": "operators"}, want}
		for i := 0; i < len(labels); i += 2 {
			c.Labels[labels[i]] = labels[i+1]
		}
		checks = append(checks, c)
	}
	for _, s := range v.Samples {
		check(s.At, "usage_concurrent_users", s.Active, "state", "active")
		check(s.At, "usage_concurrent_users", s.Idle, "state", "idle")
		if s.Handover != nil {
			check(s.At.Add(idle), "usage_concurrent_users_handover", *s.Handover)
			check(s.At.Add(idle), "usage_concurrent_users_net", s.Connected-*s.Handover)
		}
	}
	for _, hour := range v.Hours {
		check(hour.Hour.Add(time.Hour), "usage_hour_users", hour.Users, "period", "previous")
	}
	if v.NetPeak.Window != "" {
		check(v.NetPeak.Until.Add(idle), "usage_concurrent_users_net_peak", v.NetPeak.Value, "window", v.NetPeak.Window, "period", "current")
	}
	slices.SortStableFunc(checks, func(a, b Check) int { return a.At.Compare(b.At) })
	return checks
}

// Before takes off the events of before an instant, which are in the order of
// time.
func (v *Vector) Before(at time.Time) []Event {
	n, _ := slices.BinarySearchFunc(v.Events, at, func(e Event, at time.Time) int { return e.Time.Compare(at) })
	before := v.Events[:n]
	v.Events = v.Events[n:]
	return before
}
