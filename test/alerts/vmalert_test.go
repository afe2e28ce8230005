// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// remoteOverlay sends the figures to another store, where others evaluate.
const remoteOverlay = `
extensions:
  usage_ledger:
    catalogue: %s
    meters:
      minutes: {title: Audio minutes, type: consumption, actions: [minutes.used], value: minutes, unit: min, corrections: true, windows: [year]}
exporters:
  tsdb: {rule_files: []}
  prometheus_remote_write:
    endpoint: http://%s/api/v1/write
    translation_strategy: UnderscoreEscapingWithoutSuffixes
    disable_scope_info: true
    target_info: {enabled: false}
service:
  pipelines:
    metrics/usage: {exporters: [tsdb, prometheus_remote_write]}
`

var listens = regexp.MustCompile(`started server at http://([^/]+)/`)

// victoria runs one of VictoriaMetrics' programs and returns where it listens.
func victoria(t *testing.T, name string, arguments ...string) (address string) {
	t.Helper()
	program := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/"+name)
	p := collector.Run(t, exec.Command(program, append(arguments, "-httpListenAddr=127.0.0.1:0")...))
	p.Eventually(t, func() (err error) {
		address, err = p.Said(t, listens)
		return err
	})
	return address
}

// TestVmalertTellsTheSame evaluates the same rule files over VictoriaMetrics.
func TestVmalertTellsTheSame(t *testing.T) {
	t.Parallel()
	r := openReceivers(t)
	am := newAlertmanager(t, r, 15*time.Second)
	store := victoria(t, "victoria-metrics", "-storageDataPath="+t.TempDir(), "-search.latencyOffset=0s", "-memory.allowedPercent=5")
	c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(remoteOverlay, catalogueFile(t, r), store)})
	vmalert := victoria(t, "vmalert",
		"-rule="+filepath.Join(collector.Root(t), "rules", "*.yaml"), "-datasource.url=http://"+store, "-remoteWrite.url=http://"+store, "-remoteRead.url=http://"+store,
		"-notifier.url=http://"+am.address, "-external.url=https://grafana.example", "-evaluationInterval=5s", "-rule.evalDelay=5s", "-disableAlertgroupLabel")

	use(t, c, map[string]float64{"acme": 91, "north": 55}, map[string]float64{"acme": 91, "north": 55})
	want := append(everybody("90% of Audio minutes used"), operator+" <- North <Transport>: 50% of Audio minutes used", "/sms <- North <Transport>: 50% of Audio minutes used")
	told(t, am, r, want...)
	use(t, c, map[string]float64{"acme": 10}, map[string]float64{"acme": 101})
	told(t, am, r, append(want, everybody("limit of Audio minutes exceeded")...)...)

	for _, m := range r.messages() {
		if m.To == operator && m.Subject == "Acme GmbH: limit of Audio minutes exceeded" {
			require.Contains(t, m.Text, "Acme GmbH has used 101 of 100 min (101 %) of Audio minutes in the year from "+strconv.Itoa(time.Now().Year())+"-01-01, ")
			require.Contains(t, m.Text, " left; the limit is exceeded by 1.")
			require.Contains(t, m.Text, "https://grafana.example/d/usage-organization?var-organization=acme")
			require.Contains(t, m.Text, "The organization is told: cfo@acme.example, ops@acme.example")
			require.Contains(t, m.HTML, "width:100%")
		}
	}
	healthy(t, c, vmalert)
}

// healthy asks vmalert whether each of its rules could be evaluated, those too
// that did not fire.
func healthy(t *testing.T, c *collector.Collector, vmalert string) {
	t.Helper()
	c.Eventually(t, func() error {
		var data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
		if err := collector.Ask("http://"+vmalert+"/api/v1/rules", &data); err != nil {
			return err
		}
		var errs []error
		if len(data.Groups) == 0 {
			errs = append(errs, errors.New("no groups"))
		}
		for _, g := range data.Groups {
			for _, rule := range g.Rules {
				if rule.Health != "ok" {
					errs = append(errs, fmt.Errorf("%s is %s: %s", rule.Name, rule.Health, rule.LastError))
				}
			}
		}
		return errors.Join(errs...)
	})
}
