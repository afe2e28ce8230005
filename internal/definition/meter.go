// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Meter is one meter as configured: the union of the keys of all types. Which
// keys a type has is in keysOf.
type Meter struct {
	// Type is active_users, concurrent_users or consumption.
	Type string `mapstructure:"type"`
	// Title is what people call the meter. It is no part of the definition.
	// Default: its name, as Api calls.
	Title string `mapstructure:"title"`
	// EffectiveFrom is the date, in each organization's zone, from which this
	// definition is in force. A changed definition needs a later one. Empty:
	// since ever.
	EffectiveFrom string `mapstructure:"effective_from"`
	// Windows that figures are kept of.
	Windows []string `mapstructure:"windows"`

	// Actions and Condition select the items of active_users without classes
	// and of consumption. Condition is an OTTL expression; empty holds always.
	Actions   []string `mapstructure:"actions"`
	Condition string   `mapstructure:"condition"`
	// Requires is the status that a user must have to be counted; only without
	// classes. Empty: none.
	Requires string `mapstructure:"requires"`

	// Classes of active users, in the order in which they are judged; instead
	// of Actions, Condition and Requires.
	Classes []Class `mapstructure:"classes"`
	// Standing is activity that lasts until it is switched off.
	Standing *Standing `mapstructure:"standing"`
	// Breakdowns by dimension.
	Breakdowns map[string]Breakdown `mapstructure:"breakdowns"`

	// Logon, Activity, Logoff and Hourly are the actions of concurrent_users.
	Logon    []string `mapstructure:"logon"`
	Activity []string `mapstructure:"activity"`
	Logoff   []string `mapstructure:"logoff"`
	Hourly   []string `mapstructure:"hourly"`
	// SampleInterval is the distance of samples on the UTC grid; it divides a
	// day. Default 15m.
	SampleInterval Duration `mapstructure:"sample_interval"`
	// IdleTimeout is how long a user counts after their last action. Default 30m.
	IdleTimeout Duration `mapstructure:"idle_timeout"`
	// Settle is how long after its instant a sample is final. Default 60s.
	Settle Duration `mapstructure:"settle"`

	// Value is the attribute that holds the value of a consumption event.
	// Empty: 1 per event.
	Value string `mapstructure:"value"`
	// Unit is shown with the figures. Default 1.
	Unit string `mapstructure:"unit"`
	// Corrections admits negative values. Default false.
	Corrections bool `mapstructure:"corrections"`
	// Averages by name.
	Averages map[string]Average `mapstructure:"averages"`

	set map[string]any // what the YAML has, so that keys of other types are refused
}

// Class is one class of active users.
type Class struct {
	Name      string   `mapstructure:"name"`
	Actions   []string `mapstructure:"actions"`
	Condition string   `mapstructure:"condition"`
	// Requires is registered, suspended, removed or empty.
	Requires string `mapstructure:"requires"`
	// Billable classes make up what a quota is held against.
	Billable bool `mapstructure:"billable"`
}

// Standing is activity between an on- and an off-action of the same key.
type Standing struct {
	On  []string `mapstructure:"on"`
	Off []string `mapstructure:"off"`
	// Key is the attribute that tells apart what is switched.
	Key string `mapstructure:"key"`
	// Class that a standing user counts in; empty without classes.
	Class string `mapstructure:"class"`
}

// Breakdown splits figures by an attribute, or a consumption by its top users.
type Breakdown struct {
	Attribute string `mapstructure:"attribute"`
	// Values is a fixed list; empty: first come, up to limits::values_per_dimension.
	Values []string `mapstructure:"values"`

	// Top makes it a breakdown by user: that many users are published.
	Top int `mapstructure:"top"`
	// Reveal publishes user ids instead of pseudonyms.
	Reveal bool `mapstructure:"reveal"`
}

// Average is an attribute of which sum and count are kept.
type Average struct {
	Attribute string `mapstructure:"attribute"`
}

// Unmarshal sets the defaults of the meter's type before it decodes, and turns
// a date back into text that YAML has made a time of.
func (m *Meter) Unmarshal(conf *confmap.Conf) error {
	*m = Meter{set: conf.ToStringMap()}
	switch conf.Get("type") {
	case usage.ConcurrentUsers.String():
		m.SampleInterval = Duration(15 * time.Minute)
		m.IdleTimeout = Duration(30 * time.Minute)
		m.Settle = Duration(time.Minute)
	case usage.Consumption.String():
		m.Unit = "1"
	}
	if t, ok := conf.Get("effective_from").(time.Time); ok {
		text := t.Format(time.RFC3339)
		if t.Equal(t.Truncate(24 * time.Hour)) {
			text = t.Format(time.DateOnly)
		}
		if err := conf.Merge(confmap.NewFromStringMap(map[string]any{"effective_from": text})); err != nil {
			return fmt.Errorf("effective_from: %w", err)
		}
	}
	return conf.Unmarshal(m)
}
