// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestBadConfigurationIsRefusedWithPathValueAndRemedy(t *testing.T) {
	t.Parallel()
	catalogue := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(catalogue, []byte("organizations: [{id: acme, timezone: Europe/Berlyn}]"), 0o600))
	for name, refused := range map[string]struct {
		overlay string
		says    []string // path, value, remedy
	}{
		"window": {
			"extensions: {usage_ledger: {meters: {api_calls: {windows: [fortnight]}}}}",
			[]string{"meters::api_calls::windows[0]", `"fortnight"`, "use one of hour, day, week"},
		},
		"meter type": {
			"extensions: {usage_ledger: {meters: {seats: {type: seats, windows: [day]}}}}",
			[]string{"meters::seats::type", `"seats"`, "use active_users, concurrent_users or consumption"},
		},
		"key": {
			"extensions: {usage_ledger: {meters: {api_calls: {idle_timeout: 5m}}}}",
			[]string{"meters::api_calls::idle_timeout", "5m", "not a key of consumption"},
		},
		"horizon": {
			"extensions: {usage_ledger: {horizon: {past: 60d}}}",
			[]string{"horizon::past", "60d", "use 1d to 35d"},
		},
		"condition": {
			`extensions: {usage_ledger: {meters: {active_learners: {condition: 'attributes["user.status" = 1'}}}}`,
			[]string{"meters::active_learners::condition", `"attributes[\"user.status\" = 1"`, "write one like"},
		},
		"ledger of a processor": {
			"processors: {usage: {ledger: usage_ledger/other}}",
			[]string{"processors::usage::ledger", "usage_ledger/other", "use one of service::extensions"},
		},
		"interval of the receiver": {
			"receivers: {usage: {interval: 5ms}}",
			[]string{"receivers::usage", "interval: 5ms", "write a duration like 60s"},
		},
		"retention of the store": {
			"exporters: {tsdb: {retention: 1h}}",
			[]string{"exporters::tsdb", "retention: 1h", "write 1d or longer"},
		},
		"catalogue": {
			fmt.Sprintf("extensions: {usage_ledger: {catalogue: %s}}", catalogue),
			[]string{"organizations.yaml:1", "organizations[0].timezone", `"Europe/Berlyn"`, "use an IANA name such as Europe/Berlin"},
		},
		"no catalogue": {
			"extensions: {usage_ledger: {catalogue: /nowhere/organizations.yaml}}",
			[]string{"catalogue", "/nowhere/organizations.yaml", "no such file"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := collector.Launch(t, collector.Settings{Overlay: refused.overlay})
			require.NotZero(t, c.End(t, 30*time.Second))
			for _, text := range refused.says {
				require.Contains(t, problem(c.Log(t)), text)
			}
		})
	}
}

// problem is what the collector says at its end, in the lines after its log.
func problem(log string) string {
	_, text, _ := strings.Cut(log, "Error: ")
	return text
}

// telemetry serves the collector's own metrics.
const telemetry = `
extensions: {usage_ledger: {catalogue: %s}}
service:
  telemetry:
    metrics:
      level: basic
      readers: [{pull: {exporter: {prometheus: {host: localhost, port: %s}}}}]
`

func TestABadCatalogueKeepsTheLastGoodOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "organizations.yaml")
	edit := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	edit("organizations: [{id: acme, name: Acme GmbH, timezone: Europe/Berlin}]")
	port := porttest.FreePort() // the collector does not say which it chooses for its own metrics
	c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(telemetry, path, port)})
	valid := func() string { return ownMetric(t, port, "otelcol_usage_catalogue_valid") }
	require.Equal(t, "1", valid())

	edit("organizations: [{id: acme, name: Acme GmbH, timezone: Europe/Berlyn}, {id: tasman}]")
	c.Eventually(t, func() error { return says(t, c, `"valid":false`) })
	require.NoError(t, says(t, c, `organizations[0].timezone \"Europe/Berlyn\": unknown time zone`))
	require.Equal(t, "0", valid())
	_, page := c.Get(t, "/")
	require.Contains(t, page, "The catalogue is refused; the last good one stays in force")
	require.Contains(t, page, "Europe/Berlyn")
	_, organizations := c.Get(t, "/api/v1/organizations")
	require.Contains(t, organizations, `"Europe/Berlin"`)
	require.NotContains(t, organizations, "tasman")
	require.Contains(t, c.Log(t), "catalogue is refused, the last good one stays in force")
	c.Eventually(t, func() error {
		refused, err := values(c.Store, "usage_catalogue_refused", []string{"organization"})
		if err == nil && refused["__none__"] != 1 {
			err = fmt.Errorf("the store has usage_catalogue_refused %v", refused)
		}
		return err
	})

	edit("organizations: [{id: acme, name: Acme GmbH, timezone: Europe/Berlin}, {id: tasman}]")
	c.Eventually(t, func() error { return says(t, c, `"valid":true`) })
	require.Equal(t, "1", valid())
	_, organizations = c.Get(t, "/api/v1/organizations")
	require.Contains(t, organizations, "tasman")
}

// says requires a text in the ledger's status.
func says(t *testing.T, c *collector.Collector, text string) error {
	t.Helper()
	if _, status := c.Get(t, "/api/v1/status"); !strings.Contains(status, text) {
		return fmt.Errorf("the status is %s, without %s", status, text)
	}
	return nil
}

// ownMetric returns the value of one of the collector's own metrics.
func ownMetric(t *testing.T, port, name string) string {
	t.Helper()
	_, text := collector.Get(t, "http://localhost:"+port+"/metrics")
	match := regexp.MustCompile(`(?m)^` + name + `(?:{.*})? (.+)$`).FindStringSubmatch(text)
	require.NotNil(t, match, "no %s in\n%s", name, text)
	return match[1]
}
