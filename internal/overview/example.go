// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Example is how to send a first event and see it counted.
type Example struct {
	// Command is a line for a shell that sends one log record, now.
	Command string
	// Query is the PromQL of what it changes at the next whole minute.
	Query string
	// URL asks the store for Query; "" where the store is not known.
	URL string
	// Meter is the one that counts the event, and Title what people call it.
	Meter, Title string
}

// exampleOrganization and exampleUser are nobody's.
const (
	exampleOrganization = "acme"
	exampleUser         = "user-1"
)

// equals is a condition simple enough to be met by an example.
var equals = regexp.MustCompile(`^\s*attributes\["([^"\\]+)"\]\s*==\s*"([^"\\]*)"\s*$`)

// NewExample makes an example for the first meter that an event can be made up
// for, active users before consumption. otlp and store are base URLs, store
// may be "".
func NewExample(x usage.Extraction, otlp, store string) (Example, bool) {
	for _, kind := range []usage.MeterType{usage.ActiveUsers, usage.Consumption} {
		for i := range x.Meters {
			m := &x.Meters[i]
			if m.Type != kind {
				continue
			}
			if record, found := exampleRecord(x, m); found {
				return newExample(x.Titles, m, record, otlp, store), true
			}
		}
	}
	return Example{}, false
}

type attribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

type record struct {
	Time       string      `json:"timeUnixNano"`
	EventName  string      `json:"eventName"`
	Attributes []attribute `json:"attributes"`
}

// exampleRecord makes up a log record that the meter's newest version counts.
func exampleRecord(x usage.Extraction, m *usage.Meter) (record, bool) {
	version := m.Versions[len(m.Versions)-1]
	for _, class := range version.Classes {
		if len(class.Actions) == 0 || class.Requires != usage.NoStatus || len(x.Organization) == 0 || len(x.User) == 0 {
			continue
		}
		r := record{Time: now, EventName: class.Actions[0]}
		r.add(x.Organization[0], "stringValue", exampleOrganization)
		if m.Type == usage.ActiveUsers {
			r.add(x.User[0], "stringValue", exampleUser)
		}
		if class.Condition != "" {
			met := equals.FindStringSubmatch(class.Condition)
			if met == nil {
				continue
			}
			r.add(met[1], "stringValue", met[2])
		}
		if version.Value != "" {
			r.add(version.Value, "doubleValue", 1)
		}
		return r, true
	}
	return record{}, false
}

func (r *record) add(key, kind string, value any) {
	r.Attributes = append(r.Attributes, attribute{key, map[string]any{kind: value}})
}

// now stands for the time, which the shell fills in.
const now = "NOW"

func newExample(titles usage.Titles, m *usage.Meter, r record, otlp, store string) Example {
	body, _ := json.Marshal(map[string]any{ // strings and numbers: cannot fail
		"resourceLogs": []any{map[string]any{"scopeLogs": []any{map[string]any{"logRecords": []record{r}}}}},
	})
	quoted := strings.ReplaceAll(string(body), "'", `'\''`)
	quoted = strings.Replace(quoted, `"`+now+`"`, `"'$(date +%s)000000000'"`, 1)
	name := "usage_active_users"
	if m.Type == usage.Consumption {
		name = "usage_consumption"
	}
	e := Example{
		Command: "curl -sS " + otlp + "/v1/logs -H 'Content-Type: application/json' -d '" + quoted + "'",
		Query:   name + `{organization="` + exampleOrganization + `", meter="` + m.Name + `"}`,
		Meter:   m.Name,
		Title:   titles.Meter(m.Name),
	}
	if store != "" {
		e.URL = store + "/api/v1/query?query=" + url.QueryEscape(e.Query)
	}
	return e
}
