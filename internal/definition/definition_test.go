// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func windows(t *testing.T, texts ...string) []usage.Window {
	t.Helper()
	var out []usage.Window
	for _, text := range texts {
		w, err := usage.ParseWindow(text)
		require.NoError(t, err)
		out = append(out, w)
	}
	return out
}

func TestTheExampleOfTheInterfaceBecomesAnExtraction(t *testing.T) {
	c, err := FromCollectorConfig(filepath.Join("testdata", "interface.yaml"))
	require.NoError(t, err)
	require.Equal(t, Duration(35*24*time.Hour), c.Horizon.Past)
	require.Equal(t, "./config/organizations.yaml", c.Catalogue)

	e, err := c.Extraction()
	require.NoError(t, err)
	require.Equal(t, usage.Extraction{
		Organization: []string{"organization.id", "tenant.id"},
		User:         []string{"user.id", "enduser.id"},
		Lifecycle: [usage.NumStatuses][]string{
			usage.Registered: {"user.registered"}, usage.Suspended: {"user.suspended"}, usage.Removed: {"user.removed"},
		},
		AliasActions: []string{"user.alias"}, AliasFrom: "user.previous_id", AliasTo: "user.id",
		Spellings:    usage.Spellings{{Normalize: usage.Trim}},
		Placeholders: []string{"undefined", "null"},
		Titles:       usage.Titles{Meters: map[string]string{}, Windows: map[string]string{}},
		Meters: []usage.Meter{
			{
				Name: "active_learners", Type: usage.ActiveUsers, Windows: windows(t, "month"), Classes: []string{""},
				Versions: []usage.Version{{
					EffectiveFrom: usage.Date{Year: 2026, Month: time.January, Day: 1},
					Classes: []usage.Class{{
						Actions:   []string{"course.accessed", "session.attended"},
						Condition: `attributes["user.status"] == "active"`, Billable: true,
					}},
				}},
			},
			{
				Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "month", "half", "182d"), Classes: []string{""},
				SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
				Versions: []usage.Version{{
					Classes: []usage.Class{{Billable: true}},
					Logon:   []string{"user.logon", "session.start"}, Activity: []string{"task.finished"},
					Logoff: []string{"user.logoff", "session.end"}, Hourly: []string{"task.finished"},
				}},
			},
			{
				Name: "transcription_minutes", Type: usage.Consumption, Windows: windows(t, "day", "month", "cycle"), Classes: []string{""},
				Unit: "min", Averages: []usage.AverageOf{{Name: "accuracy", Attribute: "transcription.accuracy"}},
				Breakdowns: []usage.Breakdown{
					{Dimension: "language", Attribute: "transcription.language"},
					{Dimension: "model", Attribute: "transcription.model"},
				},
				ByUser: &usage.ByUser{Dimension: "user", Top: 10},
				Versions: []usage.Version{{
					Value:   "transcription.minutes",
					Classes: []usage.Class{{Actions: []string{"transcription.finished"}, Billable: true}},
				}},
			},
			{
				Name: "workspace_users", Type: usage.ActiveUsers, Windows: windows(t, "30d", "month"),
				Classes:    []string{"onboarded", "anonymous", "email"},
				Breakdowns: []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature", Values: []string{"share", "read", "invite"}}},
				Versions: []usage.Version{{
					Classes: []usage.Class{
						{
							Index: 0, Actions: []string{"workspace.login", "app.opened", "public_post.viewed", "embed_widget.viewed"},
							Condition: `attributes["user.type"] == "onboarded"`, Requires: usage.Registered, Billable: true,
						},
						{
							Index: 1, Actions: []string{"public_post.viewed", "embed_widget.viewed"},
							Condition: `attributes["user.type"] == "anonymous"`, Billable: true,
						},
						{Index: 2, Actions: []string{"content_email.opened"}},
					},
					Standing: &usage.Standing{
						On: []string{"social.connected"}, Off: []string{"social.disconnected"}, Key: "social.network", Class: 1,
					},
				}},
			},
		},
	}, e)
}

func TestMetersHaveTheDefaultsOfTheirType(t *testing.T) {
	c, err := FromMap(map[string]any{"meters": map[string]any{
		"operators": map[string]any{"type": "concurrent_users"},
		"calls":     map[string]any{"type": "consumption"},
	}})
	require.NoError(t, err)
	require.Equal(t, Duration(15*time.Minute), c.Meters["operators"].SampleInterval)
	require.Equal(t, Duration(30*time.Minute), c.Meters["operators"].IdleTimeout)
	require.Equal(t, Duration(time.Minute), c.Meters["operators"].Settle)
	require.Empty(t, c.Meters["operators"].Unit)
	require.Equal(t, "1", c.Meters["calls"].Unit)
	require.Zero(t, c.Meters["calls"].SampleInterval)
}

func TestWithoutAKeyTheDefaultHolds(t *testing.T) {
	c, err := FromMap(map[string]any{"aliases": map[string]any{"actions": []any{}}, "grace": "1d"})
	require.NoError(t, err)
	want := Default()
	want.Grace = Duration(24 * time.Hour)
	want.Aliases.Actions = []string{}
	require.Equal(t, &want, c)
}

func TestCollectorConfigExpandsTheEnvironment(t *testing.T) {
	t.Setenv("LEDGER_DIRECTORY", "/var/lib/usage")
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
extensions:
  usage_ledger/eu:
    directory: ${env:LEDGER_DIRECTORY}/ledger
    meters: {calls: {type: consumption, actions: [api.called], windows: [day]}}
`), 0o600))
	c, err := FromCollectorConfig(path)
	require.NoError(t, err)
	require.Equal(t, "/var/lib/usage/ledger", c.Directory)
}

func TestCollectorConfigErrorsNameFileAndPath(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"no ledger":   {"extensions: {pprof: {}}", "extensions: 0 of type usage_ledger []: one is needed"},
		"two ledgers": {"extensions: {usage_ledger/a: {}, usage_ledger/b: {}}", `extensions: 2 of type usage_ledger ["usage_ledger/a" "usage_ledger/b"]: one is needed`},
		"no meters":   {"extensions: {usage_ledger: }", "extensions::usage_ledger:\nmeters: map[]: define at least one meter"},
		"no map":      {"extensions: {usage_ledger: 5}", "extensions::usage_ledger: not a map of settings"},
		"bad key":     {"extensions: {usage_ledger: {metres: {}}}", "metres"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
			_, err := FromCollectorConfig(path)
			require.ErrorContains(t, err, path+": ")
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestDurationsAreReadInDaysAndGoUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"35d": 35 * 24 * time.Hour, "0d": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "0": 0,
	} {
		var d Duration
		require.NoError(t, d.UnmarshalText([]byte(text)), text)
		require.Equal(t, want, d.Std(), text)

		written, err := d.MarshalText()
		require.NoError(t, err)
		var again Duration
		require.NoError(t, again.UnmarshalText(written))
		require.Equal(t, d, again)
	}
	for _, text := range []string{"", "d", "1.5d", "35", "3 d", "1d12h", "999999999999d", "soon"} {
		var d Duration
		require.ErrorContains(t, d.UnmarshalText([]byte(text)), "write a number with a unit, as 90s, 15m, 1h or 35d", text)
	}
}

func TestTitlesAreBesideTheDefinitions(t *testing.T) {
	plain, err := fromYAML(t, sum+`}}`)
	require.NoError(t, err)
	titled, err := fromYAML(t, sum+`, title: Calls}}`+"\nwindows: {month: {title: Kalendermonat}}")
	require.NoError(t, err)
	before, err := plain.Extraction()
	require.NoError(t, err)
	after, err := titled.Extraction()
	require.NoError(t, err)
	require.Equal(t, before.Meters, after.Meters)
	require.Equal(t, usage.Titles{Meters: map[string]string{"m": "Calls"}, Windows: map[string]string{"month": "Kalendermonat"}}, after.Titles)
}
