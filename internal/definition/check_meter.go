// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// maxClasses bounds what the engine keeps for each user: one record a class.
const maxClasses = 8

// meterTypes are the types by their configured names.
var meterTypes = map[string]usage.MeterType{
	usage.ActiveUsers.String():     usage.ActiveUsers,
	usage.ConcurrentUsers.String(): usage.ConcurrentUsers,
	usage.Consumption.String():     usage.Consumption,
}

// statuses are the values of requires.
var statuses = map[string]usage.Status{
	"":                        usage.NoStatus,
	usage.Registered.String(): usage.Registered,
	usage.Suspended.String():  usage.Suspended,
	usage.Removed.String():    usage.Removed,
}

// keysOf are the keys that meters of a type have, beside those of all.
var keysOf = map[usage.MeterType][]string{
	usage.ActiveUsers:     {"actions", "condition", "requires", "classes", "standing", "breakdowns"},
	usage.ConcurrentUsers: {"logon", "activity", "logoff", "hourly", "sample_interval", "idle_timeout", "settle"},
	usage.Consumption:     {"actions", "condition", "value", "unit", "corrections", "averages", "breakdowns"},
}

var keysOfAll = []string{"type", "title", "effective_from", "windows"}

// meterCheck judges one meter.
type meterCheck struct {
	*problems
	path   string
	meter  *Meter
	config *Config
}

func (c *meterCheck) run(meter string) {
	if !name.MatchString(meter) {
		c.add(c.path, meter, "use a name of a-z, 0-9 and _ that starts with a letter")
	}
	kind, known := meterTypes[c.meter.Type]
	if !known {
		c.add(c.path+"::type", c.meter.Type, "use active_users, concurrent_users or consumption")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(c.meter.set)) {
		if !slices.Contains(keysOf[kind], key) && !slices.Contains(keysOfAll, key) {
			c.add(c.path+"::"+key, c.meter.set[key], "not a key of %s; it has %s", kind, strings.Join(slices.Concat(keysOfAll, keysOf[kind]), ", "))
		}
	}
	if _, set := c.meter.set["title"]; set {
		c.title(c.path+"::title", c.meter.Title)
	}
	if d := c.meter.EffectiveFrom; d != "" {
		if _, err := usage.ParseDate(d); err != nil {
			c.add(c.path+"::effective_from", d, "use a date as 2026-01-31")
		}
	}
	c.windows()
	switch kind {
	case usage.ActiveUsers:
		c.activeUsers()
	case usage.ConcurrentUsers:
		c.concurrentUsers()
	case usage.Consumption:
		c.consumption()
	}
	c.breakdowns(kind)
}

func (c *meterCheck) windows() {
	path := c.path + "::windows"
	c.some(path, c.meter.Windows, "name at least one, as [day, month, 30d]")
	for i, text := range c.meter.Windows {
		if _, err := usage.ParseWindow(text); err != nil {
			c.errs = append(c.errs, fmt.Errorf("%s[%d]: %w", path, i, err))
		} else if slices.Index(c.meter.Windows, text) < i {
			c.add(fmt.Sprintf("%s[%d]", path, i), text, "listed twice: remove one")
		}
	}
}

func (c *meterCheck) activeUsers() {
	m := c.meter
	if len(m.Classes) == 0 {
		c.names(c.path+"::actions", m.Actions, "action")
		if m.Standing == nil {
			c.some(c.path+"::actions", m.Actions, "name the actions that make a user active, or define classes")
		}
		c.requires(c.path+"::requires", m.Requires)
	} else {
		c.classes()
	}
	c.standing()
}

func (c *meterCheck) classes() {
	m := c.meter
	for _, key := range []string{"actions", "condition", "requires"} {
		if value, set := m.set[key]; set {
			c.add(c.path+"::"+key, value, "the meter has classes: move it into them")
		}
	}
	if len(m.Classes) > maxClasses {
		c.add(c.path+"::classes", len(m.Classes), "use at most %d classes", maxClasses)
	}
	seen := map[string]bool{}
	for i, class := range m.Classes {
		path := fmt.Sprintf("%s::classes[%d]", c.path, i)
		switch {
		case !name.MatchString(class.Name):
			c.add(path+"::name", class.Name, "use a name of a-z, 0-9 and _ that starts with a letter")
		case seen[class.Name]:
			c.add(path+"::name", class.Name, "an earlier class has this name: choose another")
		}
		seen[class.Name] = true
		c.names(path+"::actions", class.Actions, "action")
		if m.Standing == nil || m.Standing.Class != class.Name {
			c.some(path+"::actions", class.Actions, "name the actions that put a user into the class")
		}
		c.requires(path+"::requires", class.Requires)
	}
}

// requires wants a status that some action leads to.
func (c *meterCheck) requires(path, value string) {
	status, known := statuses[value]
	switch {
	case !known:
		c.add(path, value, "use registered, suspended or removed, or leave it out")
	case status != usage.NoStatus && len(c.config.Lifecycle.actions(status)) == 0:
		c.add(path, value, "no action leads to this status: name one in lifecycle::%s", status)
	}
}

func (c *meterCheck) standing() {
	s := c.meter.Standing
	if s == nil {
		return
	}
	path := c.path + "::standing"
	c.names(path+"::on", s.On, "action")
	c.some(path+"::on", s.On, "name the actions that switch the activity on")
	c.names(path+"::off", s.Off, "action")
	c.some(path+"::off", s.Off, "name the actions that switch it off, or nothing ever ends it")
	c.disjoint(path+"::off", s.Off, path+"::on", s.On)
	if s.Key == "" {
		c.add(path+"::key", "", "name the attribute that says what is switched, as social.network")
	}
	if !slices.ContainsFunc(c.meter.judged(), func(class Class) bool { return class.Name == s.Class }) {
		remedy := "the meter has no such class: use the name of one of its classes"
		if len(c.meter.Classes) == 0 {
			remedy = "the meter has no classes: leave it out"
		}
		c.add(path+"::class", s.Class, "%s", remedy)
	}
}

func (c *meterCheck) concurrentUsers() {
	m := c.meter
	c.names(c.path+"::logon", m.Logon, "action")
	c.names(c.path+"::activity", m.Activity, "action")
	c.names(c.path+"::logoff", m.Logoff, "action")
	c.names(c.path+"::hourly", m.Hourly, "action")
	c.some(c.path+"::activity", slices.Concat(m.Logon, m.Activity), "name the actions that show a user at work, here or in logon")
	c.some(c.path+"::hourly", m.Hourly, "name the actions that count a user in a clock hour, as those of activity")
	c.disjoint(c.path+"::logoff", m.Logoff, c.path+"::logon", m.Logon)
	c.disjoint(c.path+"::logoff", m.Logoff, c.path+"::activity", m.Activity)

	c.within(c.path+"::sample_interval", m.SampleInterval, time.Minute, day, time.Minute)
	if i := m.SampleInterval.Std(); i > 0 && day%i != 0 {
		c.add(c.path+"::sample_interval", m.SampleInterval, "use an interval that divides a day, as 5m, 15m or 1h")
	}
	c.within(c.path+"::idle_timeout", m.IdleTimeout, time.Minute, day, time.Minute)
	c.within(c.path+"::settle", m.Settle, 0, day, time.Second)
}

// disjoint wants two lists of actions to share none.
func (c *meterCheck) disjoint(path string, list []string, otherPath string, other []string) {
	for i, action := range list {
		if slices.Contains(other, action) {
			c.add(fmt.Sprintf("%s[%d]", path, i), action, "is in %s as well: it cannot mean both", otherPath)
		}
	}
}

func (c *meterCheck) consumption() {
	m := c.meter
	c.names(c.path+"::actions", m.Actions, "action")
	c.some(c.path+"::actions", m.Actions, "name the actions that are added up")
	if !printable(m.Unit) {
		c.add(c.path+"::unit", m.Unit, "write the unit as it is to be shown, as min, or leave it out")
	}
	for _, average := range slices.Sorted(maps.Keys(m.Averages)) {
		path := c.path + "::averages::" + average
		if !name.MatchString(average) {
			c.add(path, average, "use a name of a-z, 0-9 and _ that starts with a letter")
		}
		if m.Averages[average].Attribute == "" {
			c.add(path+"::attribute", "", "name the attribute that is averaged")
		}
	}
}

func (c *meterCheck) breakdowns(kind usage.MeterType) {
	byUser := ""
	for _, dimension := range slices.Sorted(maps.Keys(c.meter.Breakdowns)) {
		path := c.path + "::breakdowns::" + dimension
		b := c.meter.Breakdowns[dimension]
		if !name.MatchString(dimension) {
			c.add(path, dimension, "use a name of a-z, 0-9 and _ that starts with a letter")
		}
		switch {
		case b.Top != 0 && b.Attribute != "":
			c.add(path+"::attribute", b.Attribute, "a breakdown is by an attribute or by top users: remove attribute or top")
		case b.Top == 0 && b.Attribute == "":
			c.add(path+"::attribute", "", "name the attribute to split by, or give top: 10 to split by user")
		case b.Top == 0:
			c.byAttribute(path, b)
		case byUser != "":
			c.add(path+"::top", b.Top, "%s is by user already: one breakdown of a meter can be", byUser)
		default:
			byUser = dimension
			c.byUser(path, kind, b)
		}
	}
}

func (c *meterCheck) byAttribute(path string, b Breakdown) {
	if b.Reveal {
		c.add(path+"::reveal", true, "belongs to a breakdown by user: remove it")
	}
	c.names(path+"::values", b.Values, "value")
	if limit := c.config.Limits.ValuesPerDimension; len(b.Values) > limit {
		c.add(path+"::values", len(b.Values), "use at most limits::values_per_dimension = %d values, or raise that", limit)
	}
	for i, v := range b.Values {
		if v == usage.NoValue || v == usage.OtherValue {
			c.add(fmt.Sprintf("%s::values[%d]", path, i), v, "reserved for missing and further values: remove it")
		}
	}
}

func (c *meterCheck) byUser(path string, kind usage.MeterType, b Breakdown) {
	if kind != usage.Consumption {
		c.add(path+"::top", b.Top, "only consumption can be split by user; use attribute")
	}
	if b.Top < 0 {
		c.add(path+"::top", b.Top, "use a number of 1 or more")
	}
	if len(b.Values) > 0 {
		c.add(path+"::values", len(b.Values), "belongs to a breakdown by attribute: remove it")
	}
	if !slices.ContainsFunc(c.meter.Windows, isCalendar) {
		c.add(path+"::top", b.Top, "users are kept for calendar windows only: add one to windows, as month")
	}
}

func isCalendar(text string) bool {
	w, err := usage.ParseWindow(text)
	return err == nil && w.Kind != usage.Rolling
}
