// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const testConfig = `{
 "organizations": {"o": {"meters": ["users", "members", "yard", "minutes", "credit"]}},
 "lifecycle": {"registered": ["registered"], "suspended": ["suspended"], "removed": ["removed"]},
 "aliases": {"actions": ["alias"], "from": "previous"},
 "meters": {
  "users": {"type": "active_users", "windows": ["day", "month", "24h"], "standing": {"on": ["on"], "off": ["off"], "key": "network"}, "actions": ["act", "both"]},
  "members": {"type": "active_users", "windows": ["month", "30d"], "breakdowns": {"feature": {"attribute": "feature"}}, "versions": [
   {"classes": [{"name": "a", "actions": ["act"], "requires": "registered", "billable": true}, {"name": "b", "actions": ["act", "old"]}]},
   {"effective_from": "2026-03-10", "classes": [{"name": "b", "actions": ["act", "new"], "billable": true}, {"name": "a", "actions": ["act"]}]}]},
  "yard": {"type": "concurrent_users", "windows": ["day", "24h"], "logon": ["logon"], "activity": ["task"], "logoff": ["logoff"], "hourly": ["task"]},
  "minutes": {"type": "consumption", "actions": ["spend", "both"], "value": "minutes", "unit": "min", "windows": ["day", "month", "24h"],
   "averages": {"accuracy": {"attribute": "accuracy"}}, "breakdowns": {"language": {"attribute": "language", "values": ["de", "en"]}, "user": {"top": 1, "reveal": true}}},
  "credit": {"type": "consumption", "actions": ["credit"], "value": "value", "corrections": true, "windows": ["month"]}
 }}`

// story drives a model by minutes from 2026-03-01.
type story struct {
	*testing.T
	model *Model
	now   time.Time
}

func newStory(t *testing.T) *story {
	t.Helper()
	var c Config
	require.NoError(t, json.Unmarshal([]byte(testConfig), &c))
	s := &story{T: t, model: newModel(t, c), now: at("2026-03-01 00:00")}
	return s
}

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// event reads "user action time key=value ...".
func event(line string) Event {
	f := strings.Fields(line)
	e := Event{Organization: "o", User: f[0], Action: f[1], Time: at(f[2] + " " + f[3]), Attributes: map[string]string{}}
	if e.User == "-" {
		e.User = ""
	}
	for _, pair := range f[4:] {
		k, v, _ := strings.Cut(pair, "=")
		switch k {
		case "uid":
			e.UID = v
		case "signal":
			e.Signal = v
		case "number":
			e.Value = Number(v)
		default:
			e.Attributes[k] = v
		}
	}
	return e
}

// send records events at a time and returns their outcomes.
func (s *story) send(now string, lines ...string) string {
	s.Helper()
	var events []Event
	for _, line := range lines {
		events = append(events, event(line))
	}
	outcomes, err := s.model.Record(at(now), events)
	require.NoError(s, err)
	var names []string
	for _, o := range outcomes {
		names = append(names, o.String())
	}
	return strings.Join(names, " ")
}

// series reads "name label=value ..." of organization o.
func series(line string) string {
	f := strings.Fields(line)
	labels := map[string]string{"organization": "o"}
	for _, pair := range f[1:] {
		k, v, _ := strings.Cut(pair, "=")
		labels[k] = v
	}
	return Key(f[0], labels)
}

// expect collects and compares "name label=value ..." with figures; -1 stands
// for an absent series.
func (s *story) expect(now string, want map[string]float64) {
	s.Helper()
	figures := s.model.Collect(at(now))
	for line, value := range want {
		got, found := figures[series(line)]
		if !found {
			got = -1
		}
		require.InDelta(s, value, got, 0, line)
	}
}

// hours returns the users in the hours of the yard.
func (s *story) hours(now string) map[int64]int {
	s.Helper()
	for _, mt := range s.model.meters {
		if mt.name == "yard" {
			return s.model.organizations["o"].hours(mt, at(now))
		}
	}
	s.Fatal("no meter yard")
	return nil
}

func TestOutcomes(t *testing.T) {
	s := newStory(t)
	require.Equal(t, "unmatched counted invalid invalid counted duplicate future late unmatched",
		s.send("2026-03-01 12:00",
			"u nobody 2026-03-01 12:00",
			"u both 2026-03-01 12:00 minutes=x",         // the sum cannot use it
			"- act 2026-03-01 12:00",                    // no user
			"u spend 2026-03-01 12:00",                  // no value
			"- both 2026-03-01 12:00 uid=1 minutes=1.5", // the set cannot use it
			"u both 2026-03-01 12:00 uid=1 minutes=2",   // passed over by every meter
			"u act 2026-03-01 12:06",
			"u act 2026-01-25 11:59",
			"u spend 2026-03-01 12:00 signal=metrics number=0",
		))
	outcomes, err := s.model.Record(at("2026-03-01 12:00"), []Event{{User: "u", Action: "act", Time: at("2026-03-01 12:00")}})
	require.NoError(t, err)
	require.Equal(t, []usage.Outcome{usage.Invalid}, outcomes)
	s.expect("2026-03-01 12:00", map[string]float64{
		"usage_meter_rejected_total meter=minutes reason=bad_value":                     1,
		"usage_meter_rejected_total meter=users reason=no_user":                         1,
		"usage_items_total signal=logs outcome=counted":                                 2,
		"usage_items_total signal=metrics outcome=unmatched":                            1,
		"usage_items_total signal=logs outcome=invalid organization=__none__":           1,
		"usage_active_users meter=users window=day period=current":                      1,
		"usage_active_users meter=users window=day period=current organization=nowhere": -1,
		"usage_last_event_timestamp_seconds":                                            float64(at("2026-03-01 12:00").Unix()),
	})
}

func TestSumsAreFixedPoint(t *testing.T) {
	for written, want := range map[string]int64{
		"0.0000005": 0, "0.0000015": 2, "0.0000025": 2, "0.00000250001": 3, "1e-6": 1, ".5": 500000, "12.345678": 12345678, "-0.0000015": -2, "-2.5": -2500000,
		"9223372036854.775807": 9223372036854775807,
	} {
		got, reason := micros(written, true)
		require.Equal(t, usage.ReasonNone, reason, written)
		require.Equal(t, want, got.Int64(), written)
	}
	for written, want := range map[string]usage.Reason{
		"": usage.ReasonBadValue, "NaN": usage.ReasonBadValue, "1/3": usage.ReasonBadValue, "0x1": usage.ReasonBadValue, "1e999": usage.ReasonOverflow,
		"9223372036854.775808": usage.ReasonOverflow, "-1": usage.ReasonNegative,
	} {
		_, reason := micros(written, false)
		require.Equal(t, want, reason, written)
	}
}

func TestConsumption(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-01 12:00",
		"u spend 2026-03-01 11:00 minutes=1.5 language=de accuracy=0.9",
		"v spend 2026-03-01 11:01 minutes=2 language=fr accuracy=0.7",
		"v spend 2026-02-28 23:00 minutes=4",
		"- spend 2026-03-01 11:02 minutes=0.25 accuracy=bad",
		"w spend 2026-03-01 11:02 signal=metrics number=8",
		"u credit 2026-03-01 11:02 value=-3")
	s.expect("2026-03-01 12:00", map[string]float64{
		"usage_consumption meter=minutes window=day period=current unit=min":                                                       11.75,
		"usage_consumption meter=minutes window=day period=previous unit=min":                                                      4,
		"usage_consumption meter=minutes window=24h period=current unit=min":                                                       15.75,
		"usage_consumption_events meter=minutes window=day period=current":                                                         4,
		"usage_consumption_total meter=minutes unit=min":                                                                           15.75,
		"usage_consumption meter=credit window=month period=current":                                                               -3,
		"usage_consumption_total meter=credit":                                                                                     -1,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=language dimension_value=de":                1.5,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=language dimension_value=__other__":         2,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=language dimension_value=__none__":          8.25,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=language dimension_value=en":                -1,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=user dimension_value=w":                     8,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=user dimension_value=__other__":             3.5,
		"usage_consumption_breakdown meter=minutes window=day period=current dimension=user dimension_value=__none__":              0.25,
		"usage_consumption_breakdown meter=minutes window=24h period=current dimension=user dimension_value=w":                     -1,
		"usage_average_sum meter=minutes average=accuracy window=day period=current":                                               1.6,
		"usage_average_count meter=minutes average=accuracy window=day period=current":                                             2,
		"usage_average_count meter=minutes average=accuracy window=day period=current dimension=language dimension_value=__none__": 0,
		"usage_average_sum meter=minutes average=accuracy window=day period=current dimension=language dimension_value=de":         0.9,
	})
}

func TestAliases(t *testing.T) {
	s := newStory(t)
	require.Equal(t, "counted counted counted counted counted counted invalid invalid counted",
		s.send("2026-03-01 12:00",
			"a act 2026-03-01 11:00", "b act 2026-03-01 11:00", "c act 2026-03-01 11:00",
			"b alias 2020-01-01 00:00 previous=a", "c alias 2026-03-01 12:00 previous=b",
			"a alias 2026-03-01 12:00 previous=c", // a cycle: no-op
			"d alias 2026-03-01 12:00 previous=a", // a second target
			"d alias 2026-03-01 12:00",
			"b alias 2026-03-01 12:00 previous=a")) // the same again
	s.expect("2026-03-01 12:00", map[string]float64{"usage_active_users meter=users window=day period=current": 1})
	s.send("2026-03-01 12:00", "e act 2026-03-01 11:00", "e alias 2026-03-01 12:02 previous=c")
	s.expect("2026-03-01 12:01", map[string]float64{"usage_active_users meter=users window=day period=current": 2})
	s.expect("2026-03-01 12:02", map[string]float64{"usage_active_users meter=users window=day period=current": 1})
}

func TestLifecycleAndClasses(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-02 12:00",
		"u registered 2026-01-01 00:00", "u act 2026-03-02 11:00 feature=x", "v act 2026-03-02 11:00 feature=x", "w old 2026-03-02 11:00", "w new 2026-03-02 11:00 feature=y")
	labels := " meter=members window=month period=current class="
	s.expect("2026-03-02 12:00", map[string]float64{
		"usage_active_users" + labels + "a billable=true":                                                                   1,
		"usage_active_users" + labels + "b billable=false":                                                                  2,
		"usage_active_users_breakdown meter=members window=month period=current dimension=feature dimension_value=x":        2,
		"usage_active_users_breakdown meter=members window=month period=current dimension=feature dimension_value=__none__": 1,
		"usage_active_users_breakdown meter=members window=month period=current dimension=feature dimension_value=y":        -1,
		"usage_registered_users status=registered":                                                                          1,
	})
	// Registered, then removed, at one instant; removal takes u out of class a.
	s.send("2026-03-03 12:00", "u removed 2026-03-03 12:00", "u registered 2026-03-03 12:00")
	s.expect("2026-03-03 12:00", map[string]float64{
		"usage_active_users" + labels + "a billable=true":  0,
		"usage_active_users" + labels + "b billable=false": 3,
		"usage_registered_users status=removed":            1,
		"usage_registered_users status=registered":         0,
	})
	// From the 10th on b is first, and nobody needs to be registered.
	s.expect("2026-03-10 00:00", map[string]float64{
		"usage_active_users" + labels + "b billable=true":  3,
		"usage_active_users" + labels + "a billable=false": 0,
		"usage_active_users" + labels + "a billable=true":  -1,
	})
	s.send("2026-03-10 00:00", "x old 2026-03-10 00:00", "x new 2026-03-10 00:00", "y old 2026-03-09 23:59")
	s.expect("2026-03-10 00:00", map[string]float64{"usage_active_users" + labels + "b billable=true": 5})
}

func TestStanding(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-05 12:00",
		"u on 2024-01-01 00:00 network=x", "u on 2024-01-01 00:00 network=y", "u off 2026-03-02 10:00 network=x", "u off 2026-03-04 12:00 network=y",
		"v off 2026-03-03 12:00 network=x", "v on 2026-03-03 12:00 network=x", // nothing between
		"w on 2026-03-05 12:00 network=x")
	require.Equal(t, "invalid", s.send("2026-03-05 12:00", "w on 2026-03-05 12:00"))
	s.expect("2026-03-05 12:00", map[string]float64{
		"usage_active_users meter=users window=day period=current":   1,
		"usage_active_users meter=users window=day period=previous":  1,
		"usage_active_users meter=users window=day period=2_ago":     1,
		"usage_active_users meter=users window=24h period=current":   1,
		"usage_active_users meter=users window=month period=current": 2,
	})
	s.expect("2026-03-05 11:59", map[string]float64{"usage_active_users meter=users window=24h period=current": 1})
}

func TestFrozenPeriodsKeepTheirFigures(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-01 00:00", "a act 2026-02-20 11:00", "b act 2026-02-20 11:00", "c act 2026-03-20 11:00")
	s.send("2026-03-31 00:00", "a act 2026-03-30 11:00", "b act 2026-03-30 11:00", "a task 2026-03-30 11:00", "b task 2026-03-30 11:00")
	// February ended more than 35 days ago, March did not.
	s.send("2026-04-10 00:00", "b alias 2026-04-09 00:00 previous=a")
	s.expect("2026-04-10 00:00", map[string]float64{
		"usage_active_users meter=users window=month period=2_ago":    2,
		"usage_active_users meter=users window=month period=previous": 1,
	})
	hour := at("2026-03-30 11:00").Unix()
	require.Equal(t, 1, s.hours("2026-04-10 00:00")[hour])

	fresh := newStory(t)
	fresh.send("2026-03-30 12:00", "a task 2026-03-30 11:00", "b task 2026-03-30 11:00")
	fresh.send("2026-05-04 12:00", "b alias 2026-04-09 00:00 previous=a")
	require.Equal(t, 2, fresh.hours("2026-05-04 12:00")[hour], "the hour had left the acceptance span")
}

func TestPeriodsExistSinceTheFirstDay(t *testing.T) {
	s := newStory(t)
	s.expect("2026-03-01 00:00", map[string]float64{
		"usage_active_users meter=users window=month period=current":  0,
		"usage_active_users meter=users window=month period=previous": 0,
		"usage_active_users meter=users window=month period=2_ago":    -1,
		"usage_active_users meter=users window=24h period=current":    0,
		"usage_active_users meter=users window=24h period=previous":   -1,
		"usage_hour_users meter=yard period=previous":                 0,
		"usage_hour_users_peak meter=yard window=day period=current":  0,
	})
}

func TestSamplesAreFinal(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-01 12:00", "a task 2026-03-01 12:00")
	ccu := "usage_concurrent_users meter=yard state=active"
	peak := "usage_concurrent_users_peak meter=yard window=day period=current"
	s.expect("2026-03-01 12:00", map[string]float64{ccu: 0, "usage_hour_users meter=yard period=current": 1})
	s.send("2026-03-01 12:01", "b task 2026-03-01 11:59") // the minute of settling
	s.expect("2026-03-01 12:01", map[string]float64{ccu: 2, peak: 2})
	s.send("2026-03-01 12:02", "c task 2026-03-01 11:59", "a alias 2026-03-01 11:00 previous=b") // too late for the sample
	s.expect("2026-03-01 12:02", map[string]float64{ccu: 2, "usage_hour_users_peak meter=yard window=day period=current": 2, "usage_hour_users_peak_hits meter=yard window=day period=current": 1})
	s.send("2026-03-01 12:16", "d task 2026-03-01 12:16")
	s.send("2026-03-01 12:17", "e task 2026-03-01 12:14") // its Record is after the settling
	s.expect("2026-03-01 12:17", map[string]float64{ccu: 0, "usage_concurrent_users meter=yard state=idle": 2, peak: 2, "usage_concurrent_users_peak_hits meter=yard window=day period=current": 2})
}

func TestSamplesOfAnOutageAreTakenAfterIt(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-01 12:00", "a task 2026-03-01 12:14")
	require.Equal(t, "counted", s.send("2026-03-01 12:10", "a task 2026-03-01 12:14"))
	s.model.Restart(at("2026-03-01 12:11"), at("2026-03-01 12:40"))
	s.send("2026-03-01 12:41", "b task 2026-03-01 12:14", "c logon 2026-03-01 12:29")
	ccu := "usage_concurrent_users meter=yard state=active"
	s.expect("2026-03-01 12:41", map[string]float64{ccu: 1, "usage_concurrent_users meter=yard state=idle": 2,
		"usage_concurrent_users_peak meter=yard window=day period=current": 3, "usage_concurrent_users_peak_hits meter=yard window=day period=current": 1})
}

func TestHandover(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-01 12:00", "a task 2026-03-01 11:20", "a task 2026-03-01 11:40", "b task 2026-03-01 11:20", "b task 2026-03-01 11:40",
		"c logon 2026-03-01 11:50", "d task 2026-03-01 11:29", "d logoff 2026-03-01 11:55", "d task 2026-03-01 11:56", "e logoff 2026-03-01 12:00", "e task 2026-03-01 12:00")
	handover, net := "usage_concurrent_users_handover meter=yard", "usage_concurrent_users_net meter=yard"
	s.expect("2026-03-01 12:01", map[string]float64{
		"usage_concurrent_users meter=yard state=active": 2,
		"usage_concurrent_users meter=yard state=idle":   2,
		handover: 0, net: 0,
	})
	s.send("2026-03-01 12:31", "b task 2026-03-01 12:30") // stays, in the last instant
	s.expect("2026-03-01 12:31", map[string]float64{handover: 1, net: 3, "usage_concurrent_users_net_peak meter=yard window=day period=current": 3})
}

func TestAChangedZoneTakesEffectWithTheNextPeriod(t *testing.T) {
	s := newStory(t)
	s.send("2026-03-02 12:00", "u act 2026-03-02 11:00")
	require.NoError(t, s.model.SetCalendar(at("2026-03-02 12:00"), "o", Organization{Timezone: "Asia/Tokyo"}))
	day := "usage_active_users meter=users window=day period="
	s.expect("2026-03-02 23:59", map[string]float64{day + "current": 1, day + "previous": 0})
	s.expect("2026-03-03 14:59", map[string]float64{day + "current": 0, day + "previous": 1})
	// Tokyo's midnight is 15 hours later: they are of the next day.
	s.expect("2026-03-04 14:59", map[string]float64{day + "current": 0, day + "previous": 1})
	s.expect("2026-03-04 15:00", map[string]float64{day + "current": 0, day + "previous": 0, day + "2_ago": 1})
}
