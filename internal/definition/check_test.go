// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// Good meters, one a type, that tests spoil in one place.
const (
	simple     = `meters: {m: {type: active_users, windows: [month], actions: [a]`
	classes    = `meters: {m: {type: active_users, windows: [month], classes: [{name: x, actions: [a]}, {name: y, actions: [b]`
	concurrent = `meters: {m: {type: concurrent_users, windows: [month], activity: [a], hourly: [a], logoff: [z]`
	sum        = `meters: {m: {type: consumption, windows: [month], actions: [a]`
)

func fromYAML(t *testing.T, text string) (*Config, error) {
	t.Helper()
	var section map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &section))
	return FromMap(section)
}

func TestGoodDefinitionsPass(t *testing.T) {
	for name, text := range map[string]string{
		"simple":                       simple + `}}`,
		"classes":                      classes + `}]}}`,
		"concurrent":                   concurrent + `}}`,
		"sum":                          sum + `}}`,
		"date as text":                 simple + `, effective_from: "2026-02-28"}}`,
		"only a standing activity":     `meters: {m: {type: active_users, windows: [7d], standing: {on: [a], off: [b], key: k}}}`,
		"class of standing alone":      `meters: {m: {type: active_users, windows: [7d], classes: [{name: social}], standing: {on: [a], off: [b], key: k, class: social}}}`,
		"top beside rolling windows":   `meters: {m: {type: consumption, windows: [24h, day], actions: [a], breakdowns: {user: {top: 3, reveal: true}}}}`,
		"titles":                       simple + `, title: ` + strings.Repeat("ü", 100) + "}}\nwindows: {month: {title: Monat}}",
		"settle at once":               concurrent + `, settle: 0s}}`,
		"one window":                   `meters: {m: {type: active_users, windows: month, actions: [a]}}`,
		"unknown organizations refuse": simple + `}}` + "\nidentity: {unknown_organizations: reject}\ncatalogue: o.yaml",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := fromYAML(t, text)
			require.NoError(t, err)
			_, err = c.Extraction()
			require.NoError(t, err)
		})
	}
}

func TestBadValuesAreRefusedWithPathValueAndRemedy(t *testing.T) {
	ok := simple + "}}\n"
	for _, test := range []struct{ text, want string }{
		{ok + `directory: ""`, `directory: "": name the directory that keeps the ledger's state`},
		{ok + `horizon: {past: 36d}`, `horizon::past: 36d: use 1d to 35d`},
		{ok + `horizon: {past: 1h}`, `horizon::past: 1h: use 1d to 35d`},
		{ok + `horizon: {future: 2h}`, `horizon::future: 2h: use 0s to 1h`},
		{ok + `horizon: {future: -1s}`, `horizon::future: -1s: use 0s to 1h`},
		{ok + `grace: 3`, `grace: 3ns: use a multiple of a minute; a number needs a unit, as 90s, 15m, 1h or 3d`},
		{ok + `grace: -1d`, `grace: -1d: use 0s to 35d`},
		{ok + `silence: 0s`, `silence: 0s: use 1m to 7d`},
		{ok + `identity: {organization: []}`, `identity::organization: []: name an attribute, as organization.id`},
		{ok + `identity: {user: []}`, `identity::user: []: name an attribute, as user.id`},
		{ok + `identity: {user: [a, a]}`, `identity::user[1]: "a": listed twice: remove one`},
		{ok + `identity: {user: [""]}`, `identity::user[0]: "": not a name: write the attribute's name without control characters or blanks around it`},
		{ok + `identity: {normalize: nfkc}`, `identity::normalize: "nfkc": use trim, fold or none`},
		{ok + `identity: {placeholders: [undefined, null]}`, `identity::placeholders[1]: "": not an id: put null and ~ in quotes, and write " " for ids of nothing but blanks`},
		{ok + `identity: {placeholders: ["` + strings.Repeat("x", 1025) + `"]}`, `identity::placeholders[0]: "` + strings.Repeat("x", 1025) + `": longer than an id can be: use at most 1024 bytes`},
		{ok + `identity: {unknown_organizations: drop}`, `identity::unknown_organizations: "drop": use accept or reject`},
		{ok + `identity: {unknown_organizations: reject}`, `identity::unknown_organizations: "reject": every organization is unknown without a catalogue: set catalogue, or use accept`},
		{ok + `lifecycle: {suspended: [user.registered]}`, `lifecycle::suspended[0]: "user.registered": is in lifecycle::registered as well: an action leads to one status`},
		{ok + `aliases: {from: ""}`, `aliases::from: "": name the attribute of the id that was used before, as user.previous_id, or leave aliases::actions empty`},
		{ok + `aliases: {to: ""}`, `aliases::to: "": name the attribute of the id that stays, as user.id, or leave aliases::actions empty`},
		{ok + `limits: {organizations: 0}`, `limits::organizations: 0: use a number of 1 or more`},
		{ok + `limits: {unknown_organizations: 0}`, `limits::unknown_organizations: 0: use a number of 1 or more`},
		{ok + `limits: {users_per_organization: -1}`, `limits::users_per_organization: -1: use a number of 1 or more`},
		{ok + `limits: {values_per_dimension: 0}`, `limits::values_per_dimension: 0: use a number of 1 or more`},
		{`meters: {}`, `meters: map[]: define at least one meter, as api_calls: {type: consumption, actions: [api.called], windows: [day]}`},

		{`meters: {Users-1: {type: active_users, windows: [day], actions: [a]}}`, `meters::Users-1: "Users-1": use a name of a-z, 0-9 and _ that starts with a letter`},
		{`meters: {m: {type: gauge, windows: [day]}}`, `meters::m::type: "gauge": use active_users, concurrent_users or consumption`},
		{`meters: {m: {type: active_users, actions: [a]}}`, `meters::m::windows: []: name at least one, as [day, month, 30d]`},
		{`meters: {m: {type: active_users, actions: [a], windows: [month, fortnight]}}`, `meters::m::windows[1]: unknown window "fortnight": use one of hour, day, week, month, quarter, half, year, cycle, or a rolling one as 24h or 30d`},
		{`meters: {m: {type: active_users, actions: [a], windows: [day, day]}}`, `meters::m::windows[1]: "day": listed twice: remove one`},
		{`meters: {m: {type: active_users, windows: [day]}}`, `meters::m::actions: []: name the actions that make a user active, or define classes`},
		{simple + `, title: ""}}`, `meters::m::title: "": write what people call it, without control characters or blanks around it, or leave it out`},
		{simple + `, title: "a\tb"}}`, `meters::m::title: "a\tb": write what people call it, without control characters or blanks around it, or leave it out`},
		{simple + `, title: ` + strings.Repeat("ü", 101) + `}}`, `meters::m::title: "` + strings.Repeat("ü", 101) + `": use at most 100 characters`},
		{ok + `windows: {month: {}}`, `windows::month::title: "": write what people call it, without control characters or blanks around it, or leave it out`},
		{ok + `windows: {30d: {title: Rolling 30 days}}`, `windows::30d: "30d": no meter keeps this window: use one of [month], or remove it`},
		{simple + `, effective_from: 2026-02-30}}`, `meters::m::effective_from: "2026-02-30": use a date as 2026-01-31`},
		{simple + `, effective_from: 2026-02-03T10:00:00Z}}`, `meters::m::effective_from: "2026-02-03T10:00:00Z": use a date as 2026-01-31`},
		{simple + `, value: x}}`, `meters::m::value: "x": not a key of active_users; it has type, title, effective_from, windows, actions, condition, requires, classes, standing, breakdowns`},
		{simple + `, corrections: false}}`, `meters::m::corrections: false: not a key of active_users; it has type, title, effective_from, windows, actions, condition, requires, classes, standing, breakdowns`},
		{simple + `, requires: active}}`, `meters::m::requires: "active": use registered, suspended or removed, or leave it out`},
		{simple + `, requires: suspended}}` + "\nlifecycle: {suspended: []}", `meters::m::requires: "suspended": no action leads to this status: name one in lifecycle::suspended`},

		{classes + `}], actions: [c]}}`, `meters::m::actions: [c]: the meter has classes: move it into them`},
		{classes + `}], condition: c}}`, `meters::m::condition: "c": the meter has classes: move it into them`},
		{classes + `}], requires: removed}}`, `meters::m::requires: "removed": the meter has classes: move it into them`},
		{classes + `}, {name: x, actions: [c]}]}}`, `meters::m::classes[2]::name: "x": an earlier class has this name: choose another`},
		{classes + `}, {actions: [c]}]}}`, `meters::m::classes[2]::name: "": use a name of a-z, 0-9 and _ that starts with a letter`},
		{classes + `}, {name: z}]}}`, `meters::m::classes[2]::actions: []: name the actions that put a user into the class`},
		{classes + `, requires: registred}]}}`, `meters::m::classes[1]::requires: "registred": use registered, suspended or removed, or leave it out`},
		{classes + `}` + strings.Repeat(`, {name: z, actions: [c]}`, 7) + `]}}`, `meters::m::classes: 9: use at most 8 classes`},
		{classes + `}], standing: {on: [a], off: [b], key: k, class: w}}}`, `meters::m::standing::class: "w": the meter has no such class: use the name of one of its classes`},
		{simple + `, standing: {on: [a], off: [b], key: k, class: w}}}`, `meters::m::standing::class: "w": the meter has no classes: leave it out`},
		{simple + `, standing: {off: [b], key: k}}}`, `meters::m::standing::on: []: name the actions that switch the activity on`},
		{simple + `, standing: {on: [b], key: k}}}`, `meters::m::standing::off: []: name the actions that switch it off, or nothing ever ends it`},
		{simple + `, standing: {on: [b], off: [b], key: k}}}`, `meters::m::standing::off[0]: "b": is in meters::m::standing::on as well: it cannot mean both`},
		{simple + `, standing: {on: [b], off: [c]}}}`, `meters::m::standing::key: "": name the attribute that says what is switched, as social.network`},

		{concurrent + `, actions: [a]}}`, `meters::m::actions: [a]: not a key of concurrent_users; it has type, title, effective_from, windows, logon, activity, logoff, hourly, sample_interval, idle_timeout, settle`},
		{`meters: {m: {type: concurrent_users, windows: [month], hourly: [a]}}`, `meters::m::activity: []: name the actions that show a user at work, here or in logon`},
		{`meters: {m: {type: concurrent_users, windows: [month], logon: [a]}}`, `meters::m::hourly: []: name the actions that count a user in a clock hour, as those of activity`},
		{concurrent + `, logon: [z]}}`, `meters::m::logoff[0]: "z": is in meters::m::logon as well: it cannot mean both`},
		{concurrent + `, sample_interval: 7m}}`, `meters::m::sample_interval: 7m: use an interval that divides a day, as 5m, 15m or 1h`},
		{concurrent + `, sample_interval: 0s}}`, `meters::m::sample_interval: 0s: use 1m to 1d`},
		{concurrent + `, idle_timeout: 90s}}`, `meters::m::idle_timeout: 1m30s: use a multiple of a minute; a number needs a unit, as 90s, 15m, 1h or 3d`},
		{concurrent + `, settle: -1s}}`, `meters::m::settle: -1s: use 0s to 1d`},

		{sum + `, classes: []}}`, `meters::m::classes: []: not a key of consumption; it has type, title, effective_from, windows, actions, condition, value, unit, corrections, averages, breakdowns`},
		{`meters: {m: {type: consumption, windows: [month]}}`, `meters::m::actions: []: name the actions that are added up`},
		{sum + `, unit: ""}}`, `meters::m::unit: "": write the unit as it is to be shown, as min, or leave it out`},
		{sum + `, averages: {accuracy: {}}}}`, `meters::m::averages::accuracy::attribute: "": name the attribute that is averaged`},
		{sum + `, averages: {Ac: {attribute: a}}}}`, `meters::m::averages::Ac: "Ac": use a name of a-z, 0-9 and _ that starts with a letter`},
		{sum + `, breakdowns: {user: {top: 5, attribute: a}}}}`, `meters::m::breakdowns::user::attribute: "a": a breakdown is by an attribute or by top users: remove attribute or top`},
		{sum + `, breakdowns: {kind: {}}}}`, `meters::m::breakdowns::kind::attribute: "": name the attribute to split by, or give top: 10 to split by user`},
		{sum + `, breakdowns: {Kind: {attribute: a}}}}`, `meters::m::breakdowns::Kind: "Kind": use a name of a-z, 0-9 and _ that starts with a letter`},
		{sum + `, breakdowns: {kind: {attribute: a, reveal: true}}}}`, `meters::m::breakdowns::kind::reveal: true: belongs to a breakdown by user: remove it`},
		{sum + `, breakdowns: {kind: {attribute: a, values: [x, __other__]}}}}`, `meters::m::breakdowns::kind::values[1]: "__other__": reserved for missing and further values: remove it`},
		{sum + `, breakdowns: {kind: {attribute: a, values: [x, y]}}}}` + "\nlimits: {values_per_dimension: 1}", `meters::m::breakdowns::kind::values: 2: use at most limits::values_per_dimension = 1 values, or raise that`},
		{sum + `, breakdowns: {user: {top: -1}}}}`, `meters::m::breakdowns::user::top: -1: use a number of 1 or more`},
		{sum + `, breakdowns: {user: {top: 1, values: [x]}}}}`, `meters::m::breakdowns::user::values: 1: belongs to a breakdown by attribute: remove it`},
		{sum + `, breakdowns: {a: {top: 1}, b: {top: 2}}}}`, `meters::m::breakdowns::b::top: 2: a is by user already: one breakdown of a meter can be`},
		{`meters: {m: {type: consumption, windows: [24h], actions: [a], breakdowns: {user: {top: 5}}}}`, `meters::m::breakdowns::user::top: 5: users are kept for calendar windows only: add one to windows, as month`},
		{simple + `, breakdowns: {user: {top: 5}}}}`, `meters::m::breakdowns::user::top: 5: only consumption can be split by user; use attribute`},
	} {
		t.Run(test.want, func(t *testing.T) {
			c, err := fromYAML(t, test.text)
			require.NoError(t, err)
			_, err = c.Extraction()
			require.Error(t, err)
			require.Contains(t, strings.Split(err.Error(), "\n"), test.want)
		})
	}
}

func TestValuesOfTheWrongKindAreRefusedWithTheirPath(t *testing.T) {
	for _, test := range []struct{ text, path, remedy string }{
		{`grace: soon`, "grace", "write a number with a unit, as 90s, 15m, 1h or 35d"},
		{`horizon: {past: 1.5d}`, "horizon.past", "write a number with a unit"},
		{`limits: {organizations: many}`, "limits.organizations", "int"},
		{`horizon: {pst: 1d}`, "horizon", "pst"},
		{simple + `, windws: [day]}}`, "meters[m]", "windws"},
		{classes + `, billable: perhaps}]}}`, "classes[1].billable", "bool"},
	} {
		t.Run(test.text, func(t *testing.T) {
			_, err := fromYAML(t, test.text)
			require.ErrorContains(t, err, test.path)
			require.ErrorContains(t, err, test.remedy)
		})
	}
}

func TestEveryErrorIsToldAtOnce(t *testing.T) {
	c, err := fromYAML(t, "grace: 99d\nsilence: 0s\nmeters: {m: {type: consumption}, n: {type: x}}")
	require.NoError(t, err)
	require.Len(t, strings.Split(c.Check().Error(), "\n"), 5)
}
