// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// organizations have bought 100 minutes a year each. Acme is told by mail and
// webhook, North by SMS.
const organizations = `
organizations:
  - id: acme
    name: Acme GmbH
    timezone: Europe/Berlin
    notify: {email: [ops@acme.example, cfo@acme.example], webhook: ["%s/acme"]}
    quotas: {minutes: {limit: 100, window: year}}
  - id: north
    name: North <Transport>
    notify: {sms: ["+4930123456"]}
    quotas: {minutes: {limit: 100, window: year}}
  - id: last
    quotas: {minutes: {limit: 100, window: year}}
`

// overlay has a meter of minutes that may be taken back, with the catalogue and
// whoever evaluates rules.
const overlay = `
extensions:
  usage_ledger:
    catalogue: %s
    meters:
      minutes: {title: Audio minutes, type: consumption, actions: [minutes.used], value: minutes, unit: min, corrections: true, windows: [year]}
exporters:
  tsdb: {alertmanagers: ["%s"]}
`

func catalogueFile(t *testing.T, r *receivers) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, organizations, r.webhook), 0o600))
	return path
}

// use sends minutes of organizations, and waits until a collection has what they
// have used by then.
func use(t *testing.T, c *collector.Collector, minutes, used map[string]float64) {
	t.Helper()
	var events []collector.Event
	for organization, n := range minutes {
		events = append(events, collector.Event{
			Organization: organization, Action: "minutes.used", Time: time.Now(), Attributes: map[string]any{"minutes": strconv.FormatFloat(n, 'f', -1, 64)},
		})
	}
	require.Equal(t, http.StatusOK, c.Send(t, events...))
	for organization, want := range used {
		c.Eventually(t, func() error {
			figures, err := c.Figures(organization)
			if got := figures[`usage_quota_used{meter="minutes",window="year"}`]; err == nil && got != want {
				err = fmt.Errorf("%s has used %v, not %v", organization, got, want)
			}
			return err
		})
	}
}

// told waits until messages have come, those and no others.
func told(t *testing.T, p interface {
	Eventually(t *testing.T, condition func() error)
}, r *receivers, want ...string) {
	t.Helper()
	slices.Sort(want)
	p.Eventually(t, func() error {
		if got := r.list(); !slices.Equal(got, want) {
			return fmt.Errorf("what came is\n  %s\nand not\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
		return nil
	})
}

// everybody is who is told of Acme's alerts.
func everybody(subjects ...string) (messages []string) {
	for _, to := range []string{operator, "ops@acme.example", "cfo@acme.example", "/acme"} {
		for _, subject := range subjects {
			messages = append(messages, to+" <- Acme GmbH: "+subject)
		}
	}
	return messages
}

const operator = "usage-operators@example.com"

// TestEachCrossingIsToldOnce lets Acme use its minutes up through a kill of the
// collector, half a minute in which it is frozen, and an Alertmanager that is
// down. North comes to 92 % at once.
func TestEachCrossingIsToldOnce(t *testing.T) {
	t.Parallel()
	r := openReceivers(t)
	am := newAlertmanager(t, r, 5*time.Second)
	s := collector.Settings{Directory: t.TempDir(), Overlay: fmt.Sprintf(overlay, catalogueFile(t, r), am.address)}
	c := collector.Start(t, s)

	use(t, c, map[string]float64{"acme": 55, "north": 92}, map[string]float64{"acme": 55, "north": 92})
	north := []string{operator + " <- North <Transport>: 90% of Audio minutes used", "/sms <- North <Transport>: 90% of Audio minutes used"}
	told(t, am, r, slices.Concat(north, everybody("50% of Audio minutes used"))...)
	use(t, c, map[string]float64{"acme": 21}, map[string]float64{"acme": 76})
	told(t, am, r, slices.Concat(north, everybody("50% of Audio minutes used", "75% of Audio minutes used"))...)
	use(t, c, map[string]float64{"acme": 15}, map[string]float64{"acme": 91})
	ninety := slices.Concat(north, everybody("50% of Audio minutes used", "75% of Audio minutes used", "90% of Audio minutes used"))
	told(t, am, r, ninety...)

	// To and fro around 90 %, and a kill in between.
	use(t, c, map[string]float64{"acme": -2}, map[string]float64{"acme": 89})
	c.Kill()
	c = collector.Start(t, s)
	use(t, c, map[string]float64{"acme": 2}, map[string]float64{"acme": 91})
	c.Pause(t, 30*time.Second)

	// The limit is reached while Alertmanager is down.
	am.Terminate(t)
	require.Zero(t, am.End(t, time.Minute))
	use(t, c, map[string]float64{"acme": 9}, map[string]float64{"acme": 100})
	require.Len(t, r.list(), len(ninety), "nothing more has come by then")
	am.delay = 75 * time.Second // as an operator has it: longer than the minute until all that fires has come in
	am.start(t)
	told(t, am, r, slices.Concat(ninety, everybody("100% of Audio minutes used"))...)

	use(t, c, map[string]float64{"acme": 3, "last": 50}, map[string]float64{"acme": 103, "last": 50})
	told(t, am, r, slices.Concat(ninety, everybody("100% of Audio minutes used", "limit of Audio minutes exceeded"), []string{operator + " <- last: 50% of Audio minutes used"})...)
	shows(t, c)
	readable(t, r)
}

// shows asks the embedded store what fires and why.
func shows(t *testing.T, c *collector.Collector) {
	t.Helper()
	var data struct {
		Alerts []struct {
			Labels, Annotations map[string]string
			State               string
		}
	}
	require.NoError(t, collector.Ask("http://"+c.Store+"/api/v1/alerts", &data))
	var firing []string
	for _, a := range data.Alerts {
		if a.State == "firing" && a.Labels["organization"] == "acme" {
			firing = append(firing, a.Labels["alertname"]+" "+a.Labels["threshold"])
			require.Equal(t, strconv.Itoa(time.Now().Year())+"-01-01", a.Labels["period"])
			require.Contains(t, a.Annotations["description"], "Acme GmbH has used 103 of 100 min (103 %)")
		}
	}
	require.ElementsMatch(t, []string{
		"UsageQuotaThresholdReached 0.5", "UsageQuotaThresholdReached 0.75", "UsageQuotaThresholdReached 0.9", "UsageQuotaThresholdReached 1", "UsageQuotaExceeded ",
	}, firing)
}

// readable looks into mails of each kind.
func readable(t *testing.T, r *receivers) {
	t.Helper()
	for _, m := range r.messages() {
		switch m.To + " <- " + m.Subject {
		case "ops@acme.example <- Acme GmbH: 90% of Audio minutes used":
			require.Contains(t, m.Text, "Acme GmbH has used 91 of 100 min (91 %) of Audio minutes in the year from ")
			require.Contains(t, m.HTML, "Acme GmbH has used 91 of 100 min (91 %)")
			require.Contains(t, m.HTML, "width:91%")
			require.NotContains(t, m.HTML, "href", "an organization does not see into the operator's systems")
		case operator + " <- Acme GmbH: 90% of Audio minutes used":
			require.Contains(t, m.Text, "http://localhost:3000/d/usage-organization?var-organization=acme")
			require.Contains(t, m.Text, "The organization is told: cfo@acme.example, ops@acme.example")
			require.Contains(t, m.HTML, `href="https://github.com/otelcol-usage/otelcol-usage/blob/main/docs/operations.md#usagequotathresholdreached"`)
		case operator + " <- North <Transport>: 90% of Audio minutes used":
			require.Contains(t, m.HTML, "North &lt;Transport&gt;", "names are text")
		}
	}
}
