// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/stretchr/testify/require"
)

// manyUsers fires from twelve active users on, of the period in which they are.
const manyUsers = `
groups:
  - name: users
    rules:
      - record: organization:active_users:double
        expr: 2 * usage_active_users
      - alert: ManyUsers
        expr: usage_active_users >= 12
        labels: {severity: warning}
        annotations:
          summary: '{{ $labels.organization }} has {{ $value }} users, see {{ externalURL }}/d/users'
`

// alertmanager takes alerts as the real one does, and keeps what each request
// said.
type alertmanager struct {
	*httptest.Server

	mu       sync.Mutex
	away     bool
	requests [][]toldAlert
}

type toldAlert struct {
	Labels, Annotations map[string]string
	StartsAt, EndsAt    time.Time
	GeneratorURL        string
}

func newAlertmanager(t *testing.T) *alertmanager {
	t.Helper()
	a := &alertmanager{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		var told []toldAlert
		err := json.NewDecoder(r.Body).Decode(&told)
		if a.away || err != nil || r.URL.Path != "/api/v2/alerts" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		if !a.away {
			a.requests = append(a.requests, told)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *alertmanager) setAway(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

// told waits for the n-th request that was taken.
func (a *alertmanager) told(t *testing.T, n int) []toldAlert {
	t.Helper()
	var got [][]toldAlert
	require.Eventually(t, func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		got = slices.Clone(a.requests)
		return len(got) >= n
	}, 10*time.Second, time.Millisecond)
	require.Len(t, got, n)
	return got[n-1]
}

func (a *alertmanager) address() string { return strings.TrimPrefix(a.URL, "http://") }

func ruleFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func openRules(t *testing.T, store *Store, settings RuleSettings) *Rules {
	t.Helper()
	r, err := store.OpenRules(settings)
	require.NoError(t, err)
	t.Cleanup(func() { r.Close(context.WithoutCancel(t.Context())) })
	return r
}

// minute stores acme's users and evaluates at that minute.
func minute(t *testing.T, store *Store, rules *Rules, n int, users float64) {
	t.Helper()
	at := noon.Add(time.Duration(n) * time.Minute)
	require.NoError(t, store.Write(figures(at, users)))
	require.Zero(t, rules.Evaluate(t.Context(), at))
}

func TestAnAlertFollowsItsFiguresAndIsToldUntilItEnds(t *testing.T) {
	am, store := newAlertmanager(t), openStore(t, Settings{})
	rules := openRules(t, store, RuleSettings{Files: []string{ruleFile(t, manyUsers)}, Alertmanagers: []string{am.address()}, ExternalURL: "https://grafana.example/"})
	minute(t, store, rules, 0, 11)
	minute(t, store, rules, 1, 12)
	first := am.told(t, 1)
	require.Len(t, first, 1)
	at := noon.Add(time.Minute)
	require.True(t, first[0].StartsAt.Equal(at))
	require.True(t, first[0].EndsAt.Equal(at.Add(periodHold)), "an alert of a period outlasts a weekend without its collector")
	require.Equal(t, "acme has 12 users, see https://grafana.example/d/users", first[0].Annotations["summary"])
	require.Equal(t, map[string]string{
		"alertname": "ManyUsers", "organization": "acme", "meter": "operators", "window": "month", "period": "current", "severity": "warning",
	}, first[0].Labels)

	minute(t, store, rules, 2, 13)
	require.True(t, am.told(t, 2)[0].StartsAt.Equal(at), "it is still the same alert")
	minute(t, store, rules, 3, 4)
	require.True(t, am.told(t, 3)[0].EndsAt.Equal(noon.Add(3*time.Minute)), "its end is told at once")
	require.Contains(t, strings.Join(dump(t, store), "\n"), `{__name__="organization:active_users:double", meter="operators", organization="acme", period="current", window="month"} 22@0m 24@1m 26@2m 8@3m`)
}

func TestAnAlertmanagerThatWasAwayIsToldAMinuteAfterItIsBack(t *testing.T) {
	am, store := newAlertmanager(t), openStore(t, Settings{})
	rules := openRules(t, store, RuleSettings{Files: []string{ruleFile(t, manyUsers)}, Alertmanagers: []string{am.address()}})
	am.setAway(true)
	for n := range 2 { // one request each: what waits goes together
		minute(t, store, rules, n, 12)
		require.Eventually(t, func() bool {
			_, failed := rules.Notifications()
			return failed == uint64(n+1)
		}, 10*time.Second, time.Millisecond)
	}
	am.setAway(false)
	minute(t, store, rules, 2, 12)
	require.True(t, am.told(t, 1)[0].StartsAt.Equal(noon))
}

func TestAWaitingAlertGoesOnWaitingAfterARestart(t *testing.T) {
	directory := t.TempDir()
	slow := ruleFile(t, strings.Replace(manyUsers, "labels: {severity", "for: 10m\n        labels: {severity", 1))
	store := openStore(t, Settings{Directory: directory})
	rules := openRules(t, store, RuleSettings{Files: []string{slow}})
	for n := range 8 {
		minute(t, store, rules, n, 12)
	}
	rules.Close(t.Context())
	require.NoError(t, store.Close())

	store = openStore(t, Settings{Directory: directory})
	rules = openRules(t, store, RuleSettings{Files: []string{slow}})
	_, client := serve(t, store)
	state := func(n int) promv1.AlertState {
		minute(t, store, rules, n, 12)
		answer, err := client.Alerts(t.Context())
		require.NoError(t, err)
		require.Len(t, answer.Alerts, 1)
		return answer.Alerts[0].State
	}
	require.Equal(t, promv1.AlertStatePending, state(30), "the twenty-three minutes away do not count")
	require.Equal(t, promv1.AlertStatePending, state(32))
	require.Equal(t, promv1.AlertStateFiring, state(33), "7 minutes before and 3 after")
}

func TestTheAPIShowsRulesAlertsAndAlertmanagers(t *testing.T) {
	am, store := newAlertmanager(t), openStore(t, Settings{})
	path := ruleFile(t, manyUsers)
	rules := openRules(t, store, RuleSettings{Files: []string{path}, Alertmanagers: []string{am.URL + "/"}})
	minute(t, store, rules, 0, 12)
	_, client := serve(t, store)
	loaded, err := client.Rules(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, loaded.Groups, 1)
	require.Equal(t, path, loaded.Groups[0].File)
	require.Len(t, loaded.Groups[0].Rules, 2)
	managers, err := client.AlertManagers(t.Context())
	require.NoError(t, err)
	require.Equal(t, []promv1.AlertManager{{URL: am.URL + "/api/v2/alerts"}}, managers.Active)
}

func TestABadRuleFileIsRefusedWithPathAndLine(t *testing.T) {
	store := openStore(t, Settings{})
	for name, c := range map[string]struct{ text, want string }{
		"expression": {strings.Replace(manyUsers, ">= 12", ">= ", 1), `8:15: group "users", rule 2, "ManyUsers": could not parse expression`},
		"key":        {strings.Replace(manyUsers, "labels:", "label:", 1), "line 9: field label not found"},
		"template":   {strings.Replace(manyUsers, "$value }}", "$valu }}", 1), "undefined variable"},
	} {
		t.Run(name, func(t *testing.T) {
			path := ruleFile(t, c.text)
			_, err := store.OpenRules(RuleSettings{Files: []string{path}})
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "correct the file")
		})
	}
	for pattern, want := range map[string]string{
		"nowhere/*.yaml": "nowhere/*.yaml: matches no file in /",
		"[":              "write a path, or a pattern",
	} {
		_, err := store.OpenRules(RuleSettings{Files: []string{pattern}})
		require.ErrorContains(t, err, want)
	}
}

func TestASecondDocumentOfARuleFileIsRefused(t *testing.T) {
	path := ruleFile(t, "groups: []\n---\n"+manyUsers)
	_, err := openStore(t, Settings{}).OpenRules(RuleSettings{Files: []string{path}})
	require.ErrorContains(t, err, path+":2: a second YAML document begins; a rule file is one")
}

func TestAddressesOfAlertmanagersAreJudged(t *testing.T) {
	for _, good := range []string{"localhost:9093", "https://am.example:443/prefix", "[::1]:9093"} {
		require.NoError(t, CheckAlertmanager(good))
	}
	for _, bad := range []string{"", "localhost", "ftp://am:1", "http://user:secret@am:9093", ":9093"} {
		require.ErrorContains(t, CheckAlertmanager(bad), "write host:port", bad)
	}
}

func TestChangedRuleFilesAreTakenAndBadOnesRefusedOnce(t *testing.T) {
	am, store := newAlertmanager(t), openStore(t, Settings{})
	path := ruleFile(t, manyUsers)
	rules := openRules(t, store, RuleSettings{Files: []string{path}, Alertmanagers: []string{am.address()}})
	minute(t, store, rules, 0, 12)
	require.True(t, am.told(t, 1)[0].StartsAt.Equal(noon))
	change := func(text string) (bool, error) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return rules.Reload()
	}
	changed, err := change(manyUsers)
	require.NoError(t, err)
	require.False(t, changed)

	changed, err = change("groups: [{}]")
	require.ErrorContains(t, err, "Groupname must not be empty")
	require.False(t, changed)
	changed, err = rules.Reload()
	require.NoError(t, err, "it is told once")
	require.False(t, changed)
	minute(t, store, rules, 1, 12)
	am.told(t, 2)

	changed, err = change(strings.Replace(manyUsers, ">= 12", ">= 10", 1))
	require.NoError(t, err)
	require.True(t, changed)
	minute(t, store, rules, 2, 11)
	require.True(t, am.told(t, 3)[0].StartsAt.Equal(noon), "the alert goes on")

	require.NoError(t, os.Remove(path))
	_, err = rules.Reload()
	require.ErrorContains(t, err, "matches no file")
	_, err = rules.Reload()
	require.NoError(t, err, "it is told once")
}

func TestAStoreThatIsClosedForNowIsNotEvaluated(t *testing.T) {
	store := openStore(t, Settings{})
	rules := openRules(t, store, RuleSettings{Files: []string{ruleFile(t, manyUsers)}})
	minute(t, store, rules, 0, 12)
	require.NoError(t, store.Close())
	require.Zero(t, rules.Evaluate(t.Context(), noon.Add(time.Minute)))
}
