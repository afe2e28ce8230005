// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Meters of the extraction that the tests share.
const (
	learners = iota
	workspace
	operators
	minutes
	calls
	credits
)

// Classes of the workspace meter.
const (
	onboarded = iota
	anonymous
)

// definitions are one meter of each kind and habit.
func definitions() usage.Extraction {
	return usage.Extraction{
		Organization: []string{"organization.id", "tenant.id"},
		User:         []string{"user.id", "enduser.id"},
		Lifecycle: [usage.NumStatuses][]string{
			usage.Registered: {"user.registered"},
			usage.Removed:    {"user.removed"},
		},
		AliasActions: []string{"user.alias"},
		AliasFrom:    "user.previous_id",
		AliasTo:      "user.id",
		Meters: []usage.Meter{
			learners: {
				Name: "learners", Type: usage.ActiveUsers, Classes: []string{""},
				Versions: []usage.Version{{Classes: []usage.Class{{
					Actions:   []string{"course.accessed"},
					Condition: `attributes["user.status"] == "active"`,
				}}}},
			},
			workspace: {
				Name: "workspace", Type: usage.ActiveUsers, Classes: []string{"onboarded", "anonymous"},
				Versions: []usage.Version{{
					Classes: []usage.Class{
						{Index: onboarded, Actions: []string{"app.opened", "post.viewed"}},
						{Index: anonymous, Actions: []string{"post.viewed"}},
					},
					Standing: &usage.Standing{
						On: []string{"social.connected"}, Off: []string{"social.disconnected"},
						Key: "social.network", Class: anonymous,
					},
				}},
				Breakdowns: []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}},
			},
			operators: {
				Name: "operators", Type: usage.ConcurrentUsers, Classes: []string{""},
				Versions: []usage.Version{{
					Logon: []string{"user.logon"}, Activity: []string{"task.finished"},
					Logoff: []string{"user.logoff"}, Hourly: []string{"task.finished"},
				}},
			},
			minutes: {
				Name: "minutes", Type: usage.Consumption, Classes: []string{""},
				Versions: []usage.Version{{
					Classes: []usage.Class{{Actions: []string{"transcription.finished", "task.finished"}}},
					Value:   "transcription.minutes",
				}},
				Breakdowns: []usage.Breakdown{
					{Dimension: "language", Attribute: "transcription.language"},
					{Dimension: "model", Attribute: "transcription.model"},
				},
				Averages: []usage.AverageOf{{Name: "accuracy", Attribute: "transcription.accuracy"}},
			},
			calls: {
				Name: "calls", Type: usage.Consumption, Classes: []string{""},
				Versions: []usage.Version{
					{Classes: []usage.Class{{Actions: []string{"api.called"}}}},
					{Classes: []usage.Class{{Actions: []string{"api.called", "api.streamed"}}}},
				},
			},
			credits: {
				Name: "credits", Type: usage.Consumption, Classes: []string{""}, Corrections: true,
				Versions: []usage.Version{{
					Classes: []usage.Class{{Actions: []string{"credit.spent"}}},
					Value:   "credit.amount",
				}},
			},
		},
	}
}

func newExtractor(t testing.TB, x usage.Extraction) *Extractor {
	t.Helper()
	e, err := New(x)
	require.NoError(t, err)
	return e
}

// attrs are the attributes of one item.
type attrs map[string]any

// member are the attributes of acme's user ann, and more.
func member(more attrs) attrs {
	a := attrs{"organization.id": "acme", "user.id": "ann"}
	maps.Copy(a, more)
	return a
}

const someTime = pcommon.Timestamp(1_750_000_000_123_456_789)

// logs is a request of one log record at someTime.
func logs(t testing.TB, action string, record attrs) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetEventName(action)
	lr.SetTimestamp(someTime)
	require.NoError(t, lr.Attributes().FromRaw(record))
	return ld
}

// the returns the only item of a request of logs, with its batch.
func the(t testing.TB, x usage.Extraction, bound string, ld plog.Logs) (usage.Item, *usage.Batch) {
	t.Helper()
	var b usage.Batch
	newExtractor(t, x).Logs(ld, bound, &b)
	require.Len(t, b.Items, 1)
	return b.Items[0], &b
}

// item is the only item of one log record at someTime.
func item(t testing.TB, action string, record attrs) (usage.Item, []usage.Effect) {
	t.Helper()
	it, b := the(t, definitions(), "", logs(t, action, record))
	return it, b.EffectsOf(&it)
}

func only(ld plog.Logs) plog.LogRecord {
	return ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}
