// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Config is what is counted, in the JSON form of the vectors: the keys of the
// ledger's configuration with the organizations of the catalogue.
type Config struct {
	Organizations map[string]Organization `json:"organizations"`
	Lifecycle     map[string][]string     `json:"lifecycle"` // actions by status
	Aliases       Aliases                 `json:"aliases"`
	Meters        map[string]Meter        `json:"meters"`
	Horizon       Horizon                 `json:"horizon"`
	Grace         Duration                `json:"grace"` // 0 unless set
	Limits        Limits                  `json:"limits"`
}

// Organization is one of the catalogue. Without a zone it is in UTC; without
// an anchor day its cycles begin on the first.
type Organization struct {
	Timezone  string `json:"timezone,omitempty"`
	AnchorDay int    `json:"anchor_day,omitempty"`
	// Meters that it has bought.
	Meters []string `json:"meters,omitempty"`
	// Quotas by meter.
	Quotas map[string]Quota `json:"quotas,omitempty"`
}

// Aliases are the actions that make one person of two ids: the one in the
// attribute From and the item's user.
type Aliases struct {
	Actions []string `json:"actions"`
	From    string   `json:"from"`
	To      string   `json:"to"`
}

// Horizon is the acceptance span around now: 35d and 5m unless set.
type Horizon struct {
	Past   Duration `json:"past"`
	Future Duration `json:"future"`
}

// Limits bound what is kept: 100 values a dimension unless set.
type Limits struct {
	ValuesPerDimension int `json:"values_per_dimension"`
}

// Meter is a meter's configuration. Its definition is either written in it or
// a list of versions.
type Meter struct {
	Type    string   `json:"type"`
	Windows []string `json:"windows"`
	Definition
	Versions []Definition `json:"versions,omitempty"`

	Breakdowns     map[string]Breakdown `json:"breakdowns,omitempty"`
	Unit           string               `json:"unit,omitempty"`
	Corrections    bool                 `json:"corrections,omitempty"`
	Averages       map[string]Average   `json:"averages,omitempty"`
	SampleInterval Duration             `json:"sample_interval,omitempty"`
	IdleTimeout    Duration             `json:"idle_timeout,omitempty"`
	Settle         Duration             `json:"settle,omitempty"`
}

// Definition is what may differ between versions of a meter.
type Definition struct {
	EffectiveFrom string `json:"effective_from,omitempty"` // 2026-01-31; "": always

	Actions   []string  `json:"actions,omitempty"`
	Condition string    `json:"condition,omitempty"`
	Requires  string    `json:"requires,omitempty"`
	Classes   []Class   `json:"classes,omitempty"`
	Standing  *Standing `json:"standing,omitempty"`
	Value     string    `json:"value,omitempty"`

	Logon    []string `json:"logon,omitempty"`
	Activity []string `json:"activity,omitempty"`
	Logoff   []string `json:"logoff,omitempty"`
	Hourly   []string `json:"hourly,omitempty"`
}

// Class is one of the ordered classes of active users.
type Class struct {
	Name      string   `json:"name"`
	Actions   []string `json:"actions"`
	Condition string   `json:"condition,omitempty"`
	Requires  string   `json:"requires,omitempty"`
	Billable  bool     `json:"billable"`
}

// Standing is activity between an on- and an off-action of one key.
type Standing struct {
	On    []string `json:"on"`
	Off   []string `json:"off"`
	Key   string   `json:"key"`
	Class string   `json:"class"`
}

// Breakdown is by an attribute, or by user (the dimension "user" of a
// consumption meter) with the top N.
type Breakdown struct {
	Attribute string   `json:"attribute,omitempty"`
	Values    []string `json:"values,omitempty"`
	Top       int      `json:"top,omitempty"`
	Reveal    bool     `json:"reveal,omitempty"`
}

// Average is an averaged attribute.
type Average struct {
	Attribute string `json:"attribute"`
}

// Duration reads "15m", "60s" and "35d".
type Duration time.Duration

// UnmarshalJSON reads a duration as it is written in the configuration.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	days, isDays := strings.CutSuffix(s, "d")
	if isDays {
		n, err := strconv.Atoi(days)
		*d = Duration(n) * Duration(24*time.Hour)
		return err
	}
	parsed, err := time.ParseDuration(s)
	*d = Duration(parsed)
	return err
}

// MarshalJSON writes a duration so that UnmarshalJSON reads it.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

func (d Duration) or(byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return time.Duration(d)
}

// meter is a Meter ready for use.
type meter struct {
	Meter
	name     string
	windows  []usage.Window
	versions []version // oldest first

	sampleInterval, idleTimeout, settle time.Duration
}

type version struct {
	Definition
	from    date // the zero date: always
	classes []Class
}

func newMeter(name string, c Meter) (*meter, error) {
	m := &meter{
		Meter: c, name: name,
		sampleInterval: c.SampleInterval.or(15 * time.Minute),
		idleTimeout:    c.IdleTimeout.or(30 * time.Minute),
		settle:         c.Settle.or(time.Minute),
	}
	types := []string{usage.ActiveUsers.String(), usage.ConcurrentUsers.String(), usage.Consumption.String()}
	if !slices.Contains(types, c.Type) {
		return nil, fmt.Errorf("meters.%s.type: %q: must be one of %v", name, c.Type, types)
	}
	for _, s := range c.Windows {
		w, err := usage.ParseWindow(s)
		if err != nil {
			return nil, fmt.Errorf("meters.%s.windows: %w", name, err)
		}
		m.windows = append(m.windows, w)
	}
	definitions := c.Versions
	if len(definitions) == 0 {
		definitions = []Definition{c.Definition}
	}
	for _, d := range definitions {
		v := version{Definition: d, classes: d.Classes}
		if len(d.Classes) == 0 {
			v.classes = []Class{{Actions: d.Actions, Condition: d.Condition, Requires: d.Requires}}
		}
		if d.EffectiveFrom != "" {
			day, err := time.Parse(time.DateOnly, d.EffectiveFrom)
			if err != nil {
				return nil, fmt.Errorf("meters.%s.effective_from: %w", name, err)
			}
			v.from = dateOf(day)
		}
		m.versions = append(m.versions, v)
	}
	return m, nil
}

// at returns the version in force at an instant, and false before the first.
func (m *meter) at(cal *civil, t time.Time) (version, bool) {
	for _, v := range slices.Backward(m.versions) {
		if !cal.startOf(v.from).After(t) {
			return v, true
		}
	}
	return m.versions[0], false
}

// atEndOf returns the version that orders the classes of a window: the one in
// force at t, or immediately before the end of an ended window.
func (m *meter) atEndOf(cal *civil, w window) version {
	t := w.t
	if !w.running {
		t = w.end.Add(-1)
	}
	v, _ := m.at(cal, t)
	return v
}

// holds evaluates the one form of condition that the model knows:
// attributes["k"] == "v".
func holds(condition string, attributes map[string]string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	left, right, ok := strings.Cut(condition, " == ")
	key, ok1 := strings.CutPrefix(left, "attributes[")
	key, ok2 := strings.CutSuffix(key, "]")
	if !ok || !ok1 || !ok2 {
		return false, fmt.Errorf("condition %q: the model knows only attributes[\"k\"] == \"v\"", condition)
	}
	name, err1 := strconv.Unquote(key)
	want, err2 := strconv.Unquote(right)
	if err1 != nil || err2 != nil {
		return false, fmt.Errorf("condition %q: quotes are not closed", condition)
	}
	value, found := attributes[name]
	return found && value == want, nil
}
