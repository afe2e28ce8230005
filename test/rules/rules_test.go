// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	prometheus   = "github.com/prometheus/prometheus/cmd/promtool"
	victoria     = "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert"
	alertmanager = "github.com/prometheus/alertmanager/cmd/amtool"
)

// run runs a program and returns what it says.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	return string(said)
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(collector.Root(t), pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func TestPromtoolAcceptsTheRules(t *testing.T) {
	promtool := collector.ThirdParty(t, "prometheus", prometheus)
	run(t, promtool, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, files(t, "rules/*.yaml")...)...)
}

func TestPromtoolTestsTheRules(t *testing.T) {
	promtool := collector.ThirdParty(t, "prometheus", prometheus)
	said := run(t, promtool, append([]string{"test", "rules"}, files(t, "rules/tests/*.yaml")...)...)
	require.Equal(t, len(files(t, "rules/tests/*.yaml")), strings.Count(said, "SUCCESS"))
}

func TestVmalertAcceptsTheRules(t *testing.T) {
	vmalert := collector.ThirdParty(t, "victoriametrics", victoria)
	run(t, vmalert, "-dryRun", "-rule="+filepath.Join(collector.Root(t), "rules", "*.yaml"))
}

func TestAmtoolAcceptsTheRoutesAndTemplates(t *testing.T) {
	amtool := collector.ThirdParty(t, "alertmanager", alertmanager)
	said := run(t, amtool, "check-config", files(t, "rules/alertmanager.yml")[0])
	require.Contains(t, said, "1 templates\n  SUCCESS")
}

// TestRoutes says who is told of what.
func TestRoutes(t *testing.T) {
	amtool := collector.ThirdParty(t, "alertmanager", alertmanager)
	config := files(t, "rules/alertmanager.yml")[0]
	for labels, want := range map[string]string{
		"alertname=UsageQuotaThresholdReached severity=info notify=none":                 "operator",
		"alertname=UsageQuotaThresholdReached severity=info notify=email":                "organization-email,operator",
		"alertname=UsageQuotaThresholdReached severity=info notify=email,sms":            "organization-email,operator",
		"alertname=UsageQuotaThresholdReached severity=warning notify=email,sms,webhook": "organization-email,organization-webhook,organization-sms,operator",
		"alertname=UsageQuotaExceeded severity=critical notify=sms":                      "organization-sms,operator",
		"alertname=UsageLedgerNotReady severity=critical":                                "operator",
	} {
		arguments := append([]string{"config", "routes", "test", "--config.file=" + config}, strings.Fields(labels)...)
		require.Equal(t, want, strings.TrimSpace(run(t, amtool, arguments...)), labels)
	}
}

// alert is a rule of usage-alerts.yaml.
type alert struct {
	Alert               string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	text, err := os.ReadFile(files(t, "rules/usage-alerts.yaml")[0])
	require.NoError(t, err)
	var file struct{ Groups []struct{ Rules []alert } }
	require.NoError(t, yaml.Unmarshal(text, &file))
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func TestEachAlertHasTextsLinksAndARunbookSection(t *testing.T) {
	operations, err := os.ReadFile(files(t, "docs/operations.md")[0])
	require.NoError(t, err)
	for _, a := range alerts(t) {
		require.Contains(t, a.Labels, "severity", a.Alert)
		for _, annotation := range []string{"summary", "description", "dashboard_url"} {
			require.NotEmpty(t, a.Annotations[annotation], a.Alert)
		}
		require.Equal(t, "https://github.com/otelcol-usage/otelcol-usage/blob/main/docs/operations.md#"+strings.ToLower(a.Alert), a.Annotations["runbook_url"])
		require.Contains(t, string(operations), "\n### "+a.Alert+"\n", "the anchor of its runbook section")
	}
}

func TestDashboardsOfAlertsExist(t *testing.T) {
	uid := regexp.MustCompile(`/d/([a-z-]+)`)
	for _, a := range alerts(t) {
		match := uid.FindStringSubmatch(a.Annotations["dashboard_url"])
		require.Len(t, match, 2, a.Alert)
		files(t, "dashboards/json/"+match[1]+".json")
	}
}

// TestEachAlertIsTestedToFireAndNotToFire reads the sentences that name tests.
func TestEachAlertIsTestedToFireAndNotToFire(t *testing.T) {
	var all string
	for _, path := range files(t, "rules/tests/*.yaml") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		all += string(text)
	}
	for _, a := range alerts(t) {
		require.GreaterOrEqual(t, strings.Count(all, a.Alert), 1, a.Alert)
	}
}
