// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// shows waits until an organization's figures hold these, and maybe others.
func shows(t *testing.T, c *collector.Collector, organization string, want map[string]float64) {
	t.Helper()
	c.Eventually(t, func() error {
		figures, err := c.Figures(organization)
		if err != nil {
			return err
		}
		got := maps.Clone(figures)
		maps.DeleteFunc(got, func(series string, _ float64) bool { _, wanted := want[series]; return !wanted })
		if !maps.Equal(got, want) {
			return fmt.Errorf("%s shows %v, not %v", organization, got, want)
		}
		return nil
	})
}

func TestMalformedOTLPIsRefused(t *testing.T) {
	t.Parallel()
	c := collector.Start(t, collector.Settings{Overlay: idle})
	for _, signal := range []string{"logs", "traces", "metrics"} {
		for contentType, body := range map[string]string{
			"application/json":       `{"resourceLogs":[{"scopeLogs":{}},`,
			"application/x-protobuf": "\x0a\xff\xff\xff\xff\x0fno protobuf",
		} {
			status, err := c.Post(t.Context(), "/v1/"+signal, contentType, []byte(body))
			require.NoError(t, err)
			require.Equal(t, http.StatusBadRequest, status, "%s as %s", signal, contentType)
		}
	}
	require.Equal(t, http.StatusOK, c.Send(t, document("acme")))
	counted(t, c, "acme", 1)
}

// authors counts documents a second time, by their authors.
const authors = `
extensions:
  usage_ledger:
    meters:
      authors: {type: active_users, windows: [30d], actions: [document.created]}
`

func TestABadRecordIsCountedUnderItsReasonAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	c := collector.Start(t, collector.Settings{Overlay: authors})
	now := time.Now()
	visit := func(user string, at time.Time) collector.Event {
		return collector.Event{
			Organization: "acme", User: user, Action: "course.accessed", Time: at,
			Attributes: map[string]any{"user.status": "active"},
		}
	}
	minutes := func(uid string, value any) collector.Event {
		return collector.Event{
			Organization: "acme", Action: "transcription.finished", Time: now, UID: uid,
			Attributes: map[string]any{"transcription.minutes": value},
		}
	}
	require.Equal(t, http.StatusOK, c.Send(t,
		visit("ada@acme.example", now),
		visit("", now),                                     // no user
		visit("bob@acme.example", now.AddDate(0, 0, -36)),  // late
		visit("bob@acme.example", now.Add(10*time.Minute)), // future
		minutes("1", 2.5),                                  //
		minutes("1", 2.5),                                  // duplicate
		minutes("2", "a lot"),                              // no number
		minutes("3", -1),                                   // negative
		collector.Event{Organization: "acme", Action: "printer.jammed", Time: now}, // nobody's
		collector.Event{Action: "document.created", Time: now},                     // no organization
		document("acme"), // no author
		visit("eve@acme.example", now),
	))
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, collector.Items{"counted": 4, "invalid": 3, "late": 1, "future": 1, "duplicate": 1, "unmatched": 1}, items["acme"])

	_, page := c.Get(t, "/")
	require.Contains(t, page, "printer.jammed")
	for _, user := range []string{"ada@acme.example", "bob@acme.example", "eve@acme.example"} {
		require.NotContains(t, page, user, "ids are not shown")
	}
	shows(t, c, "acme", map[string]float64{
		`usage_items_total{outcome="counted",signal="logs"}`:                        4,
		`usage_items_total{outcome="invalid",signal="logs"}`:                        3,
		`usage_items_total{outcome="over_limit",signal="logs"}`:                     0,
		`usage_active_users{meter="active_learners",period="current",window="24h"}`: 2,
		`usage_meter_rejected_total{meter="authors",reason="no_user"}`:              1,
		`usage_consumption_total{meter="transcription_minutes",unit="min"}`:         2.5,
		`usage_consumption_total{meter="documents",unit="documents"}`:               1,
	})
	shows(t, c, "__none__", map[string]float64{`usage_items_total{outcome="invalid",signal="logs"}`: 1})
	require.NotContains(t, c.Log(t), "ada@acme.example")
}

func TestALimitRefusesForThatOrganizationAlone(t *testing.T) {
	t.Parallel()
	c := collector.Start(t, collector.Settings{Overlay: "extensions: {usage_ledger: {limits: {users_per_organization: 2}}}"})
	visit := func(organization, user string) collector.Event {
		return collector.Event{
			Organization: organization, User: user, Action: "course.accessed", Time: time.Now(),
			Attributes: map[string]any{"user.status": "active"},
		}
	}
	require.Equal(t, http.StatusOK, c.Send(t,
		visit("large", "1"), visit("large", "2"), visit("large", "3"), visit("large", "4"),
		visit("small", "1"), visit("small", "2")))
	require.Equal(t, http.StatusOK, c.Send(t, visit("large", "1"), visit("small", "2")))
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, map[string]collector.Items{
		"large": {"counted": 3, "over_limit": 2},
		"small": {"counted": 3},
	}, items)
	shows(t, c, "large", map[string]float64{
		`usage_active_users{meter="active_learners",period="current",window="24h"}`: 2,
		`usage_incomplete{meter="active_learners"}`:                                 1,
	})
	shows(t, c, "small", map[string]float64{
		`usage_active_users{meter="active_learners",period="current",window="24h"}`: 2,
		`usage_incomplete{meter="active_learners"}`:                                 0,
	})
}

// bound lets a sender in by a password and counts for its name only.
const bound = `
extensions:
  basicauth: {htpasswd: {inline: "acme:secret"}}
  usage_ledger: {identity: {bind_organization: username}}
receivers:
  usage_otlp: {protocols: {http: {auth: {authenticator: basicauth}}}}
service:
  extensions: [usage_ledger, basicauth]
`

func TestASenderCountsForItsOwnOrganizationOnly(t *testing.T) {
	t.Parallel()
	c := collector.Start(t, collector.Settings{Overlay: bound})
	require.Equal(t, http.StatusUnauthorized, c.Send(t, document("acme")))
	c.HTTP = "acme:secret@" + c.HTTP
	require.Equal(t, http.StatusOK, c.Send(t, document(""), document("acme"), document("tasman")))
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, map[string]collector.Items{"acme": {"counted": 2, "unauthorized": 1}}, items)
}
