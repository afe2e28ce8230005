// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
		"alertname=UsageQuotaThresholdReached severity=info notify=none":                     "operator",
		"alertname=UsageQuotaThresholdReached severity=info notify=email":                    "organization-email,operator",
		"alertname=UsageQuotaThresholdReached severity=info notify=\"email,sms\"":            "organization-email,organization-sms,operator",
		"alertname=UsageQuotaThresholdReached severity=warning notify=\"email,sms,webhook\"": "organization-email,organization-webhook,organization-sms,operator",
		"alertname=UsageQuotaExceeded severity=critical notify=sms":                          "organization-sms,operator",
		"alertname=UsageLedgerNotReady severity=critical":                                    "operator",
		"alertname=UsageLedgerDamaged severity=critical":                                     "operator",
		"alertname=UsageStoreLost severity=critical":                                         "operator",
	} {
		arguments := append([]string{"config", "routes", "test", "--config.file=" + config}, strings.Fields(labels)...)
		require.Equal(t, want, strings.TrimSpace(run(t, amtool, arguments...)), labels)
	}
}

// alert is a rule of rules/*.yaml.
type alert struct {
	Alert               string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	for _, path := range files(t, "rules/*.yaml") {
		var file struct{ Groups []struct{ Rules []alert } }
		require.NoError(t, yaml.Unmarshal([]byte(read(t, path)), &file))
		for _, group := range file.Groups {
			all = append(all, slices.DeleteFunc(group.Rules, func(a alert) bool { return a.Alert == "" })...)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestEachAlertHasTextsLinksAndARunbookSection(t *testing.T) {
	operations := read(t, files(t, "docs/operations.md")[0])
	for _, a := range alerts(t) {
		require.Contains(t, a.Labels, "severity", a.Alert)
		for _, annotation := range []string{"summary", "description", "dashboard_url"} {
			require.NotEmpty(t, a.Annotations[annotation], a.Alert)
		}
		require.Equal(t, "https://github.com/otelcol-usage/otelcol-usage/blob/main/docs/operations.md#"+strings.ToLower(a.Alert), a.Annotations["runbook_url"])
		require.Contains(t, operations, "\n### "+a.Alert+"\n", "docs/operations.md has no section ### %s", a.Alert)
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

// TestEachAlertIsTestedToFireAndNotToFire looks into the tests for promtool: each
// has a sentence, and of each alert one expects it and another does not.
func TestEachAlertIsTestedToFireAndNotToFire(t *testing.T) {
	type expectation struct {
		Alertname  string
		ExpAlerts  []any `yaml:"exp_alerts"`
		Expr       string
		ExpSamples []struct{ Labels string } `yaml:"exp_samples"`
	}
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, path := range files(t, "rules/tests/*.yaml") {
		var file struct {
			Tests []struct {
				Name   string
				Alerts []expectation `yaml:"alert_rule_test"`
				Exprs  []expectation `yaml:"promql_expr_test"`
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(read(t, path)), &file))
		for _, test := range file.Tests {
			require.Greater(t, strings.Count(test.Name, " "), 3, "%s: %q is no sentence", path, test.Name)
			for _, e := range test.Alerts {
				fires[e.Alertname] = fires[e.Alertname] || len(e.ExpAlerts) > 0
				quiet[e.Alertname] = quiet[e.Alertname] || len(e.ExpAlerts) == 0
			}
			for _, e := range test.Exprs {
				for _, a := range alerts(t) {
					all := e.Expr == `ALERTS{organization="acme"}`
					quiet[a.Alert] = quiet[a.Alert] || len(e.ExpSamples) == 0 && (all || strings.Contains(e.Expr, a.Alert))
					for _, sample := range e.ExpSamples {
						fires[a.Alert] = fires[a.Alert] || strings.Contains(sample.Labels, a.Alert)
					}
				}
			}
		}
	}
	for _, a := range alerts(t) {
		require.True(t, fires[a.Alert], "no test expects %s", a.Alert)
		require.True(t, quiet[a.Alert], "no test expects %s not to fire", a.Alert)
	}
}
