// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

const tight = `extensions: {usage_ledger: {limits: {users_per_organization: 2, values_per_dimension: 6}}}`

// sent is a request of events.
func sent(t *testing.T, events ...collector.Event) request {
	t.Helper()
	body, err := collector.Logs(events...)
	require.NoError(t, err)
	return request{signal: "logs", body: body}
}

// showsAll waits until a ledger shows figures of an organization.
func showsAll(t *testing.T, l *ledger, organization string, want map[string]float64) {
	t.Helper()
	l.Within(t, limit, func() error {
		got, err := show(l.api, organization)
		if err != nil {
			return err
		}
		for series, n := range want {
			if figure, found := got.figures[series]; !found || figure != n {
				return fmt.Errorf("%s at %s: %s is %v (%t), not %v: %v", organization, got.at, series, figure, found, n, got.figures)
			}
		}
		return nil
	})
}

// TestWhatTwoLedgersMayShowDifferently sends the same events to two ledgers, in
// opposite orders: what docs/scale.md lists as outside of the promise differs, and
// what it says of it holds.
func TestWhatTwoLedgersMayShowDifferently(t *testing.T) {
	t.Parallel()
	over := file(t, tight)
	now := time.Now()
	one, two := startNode(t, "", "", over), startNode(t, "", "", over)
	minutes := func(organization, uid, language string, n float64) request {
		return sent(t, collector.Event{
			Organization: organization, Action: "transcription.finished", UID: uid, Time: now,
			Attributes: map[string]any{"transcription.minutes": n, "transcription.language": language},
		})
	}
	learns := func(user string) request {
		return sent(t, collector.Event{Organization: "limits", User: user, Action: "course.accessed", Time: now, Attributes: map[string]any{"user.status": "active"}})
	}
	left := collector.Event{Organization: "samples", User: "ben", Action: "user.logoff", Time: now}
	sample := now.Add(-settle).Truncate(15 * time.Minute)
	connected := []collector.Event{
		{Organization: "samples", User: "ann", Action: "user.logon", Time: sample.Add(-time.Minute)},
		{Organization: "samples", User: "ann", Action: "user.logoff", Time: sample.Add(time.Minute)}, // the next sample is without, whenever it is final
	}

	all := []request{
		learns("ann"), learns("ben"), learns("cid"),
		minutes("contents", "one", "de", 1), minutes("contents", "one", "de", 2),
	}
	for i, language := range []string{"de", "en", "fr", "es", "it", "nl", "pl"} { // one more than there are places
		all = append(all, minutes("values", "", language, float64(int(1<<i))))
	}
	sendAll(t, one.http, append(all, sent(t, append(connected, left)...)), nil)
	slices.Reverse(all)
	sendAll(t, two.http, append(all, sent(t, left)), nil)

	// The sample is of before the ledgers began: final at their first collection.
	const total = `usage_consumption{meter="transcription_minutes",period="current",unit="min",window="day"}`
	const peak = `usage_concurrent_users_peak{meter="operators",period="current",window="182d"}`
	showsAll(t, two, "samples", map[string]float64{peak: 0})
	sendAll(t, two.http, []request{sent(t, connected...)}, nil)
	has(t, two, "samples", "counted", 3)
	showsAll(t, one, "samples", map[string]float64{peak: 1})
	showsAll(t, two, "samples", map[string]float64{peak: 0})

	// Values that came first have the places; the rest is under __other__, and the sum is
	// the same.
	breakdown := func(value string) string {
		return `usage_consumption_breakdown{dimension="language",dimension_value="` + value + `",meter="transcription_minutes",period="current",window="day"}`
	}
	showsAll(t, one, "values", map[string]float64{total: 127, breakdown("de"): 1, breakdown("en"): 2, breakdown("__other__"): 64})
	showsAll(t, two, "values", map[string]float64{total: 127, breakdown("pl"): 64, breakdown("en"): 2, breakdown("__other__"): 1})

	// Beyond a limit users are refused, and both say so.
	limited := map[string]float64{
		`usage_active_users{meter="active_learners",period="current",window="day"}`: 2,
		`usage_incomplete{meter="active_learners"}`:                                 1,
	}
	for l, refused := range map[*ledger]string{one: "cid", two: "ann"} {
		showsAll(t, l, "limits", limited)
		text, err := read("http://" + l.api + "/api/v1/organizations/limits/users?window=day")
		require.NoError(t, err)
		require.False(t, strings.Contains(text, refused), "%s in %s", refused, text)
		require.Contains(t, text, "ben")
	}

	// Of two contents of one uid the first counts.
	showsAll(t, one, "contents", map[string]float64{total: 1})
	showsAll(t, two, "contents", map[string]float64{total: 2})
}
