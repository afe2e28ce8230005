// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// outage is config/victoriametrics.yaml with a door into the pipeline of figures,
// through which minutes come that nobody waits for.
const outage = `
extensions:
  usage_ledger: {directory: %[1]s/ledger, catalogue: "", api: {endpoint: %[2]q}}
receivers:
  usage_otlp: {protocols: {grpc: {endpoint: "localhost:0"}, http: {endpoint: "localhost:0"}}}
  otlp/figures: {protocols: {http: {endpoint: %[3]q}}}
connectors:
  usage_queue: {directory: %[1]s/queue, max_bytes: %[4]d, max_interval: 1s}
exporters: {prometheus_remote_write: {endpoint: "http://%[5]s/api/v1/write"}}
service:
  extensions: [usage_ledger]
  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: %[6]s}}}}]}}
  pipelines: {metrics/usage: {receivers: [usage, otlp/figures]}}
`

// away is a collector whose store is away.
type away struct {
	*program
	directory, door, telemetry, store string
}

func startAway(t *testing.T, maxBytes int) *away {
	t.Helper()
	a := &away{directory: t.TempDir(), door: porttest.Free(), telemetry: porttest.FreePort(), store: porttest.Free()}
	l := &ledger{api: porttest.Free()}
	overlay := file(t, fmt.Sprintf(outage, a.directory, l.api, a.door, maxBytes, a.store, a.telemetry))
	a.program = start(t, func() *exec.Cmd { return distribution(t, nil, "config/victoriametrics.yaml", overlay) })
	l.program = a.program
	l.Eventually(t, l.ready)
	a.Eventually(t, func() error { return reached(a.door) })
	return a
}

// comesBack starts the store.
func (a *away) comesBack(t *testing.T) {
	t.Helper()
	victoria := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics")
	p := collector.Run(t, exec.Command(victoria, "-storageDataPath="+t.TempDir(), "-httpListenAddr="+a.store,
		"-search.latencyOffset=0s", "-retentionPeriod=400d", "-memory.allowedPercent=5", "-search.maxPointsPerTimeseries=100000"))
	p.Eventually(t, func() error { return reached(a.store) })
}

// queued is how many files and bytes, in whole blocks, the queue has on disk.
func (a *away) queued(t *testing.T) (files int, bytes int64) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(a.directory, "queue", "*.otlp.zst"))
	require.NoError(t, err)
	for _, name := range names {
		if info, err := os.Stat(name); err == nil { // it may have gone meanwhile
			files, bytes = files+1, bytes+(info.Size()+4095)/4096*4096
		}
	}
	return files, bytes
}

// minute is a request with the figures of a minute, of organizations that have six
// series each: what a figure is says at which minute and of whom it is.
func minute(t *testing.T, at time.Time, organizations int) request {
	t.Helper()
	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	gauge := func(name string) pmetric.NumberDataPointSlice {
		m := metrics.AppendEmpty()
		m.SetName(name)
		return m.SetEmptyGauge().DataPoints()
	}
	ready := gauge("usage.ledger_ready").AppendEmpty()
	ready.SetTimestamp(pcommon.NewTimestampFromTime(at))
	ready.Attributes().PutStr("organization", "__none__")
	ready.SetDoubleValue(1)
	points := gauge("usage.active_users")
	for n := range organizations {
		for _, window := range []string{"day", "week", "month", "quarter", "7d", "30d"} {
			p := points.AppendEmpty()
			p.SetTimestamp(pcommon.NewTimestampFromTime(at))
			p.Attributes().PutStr("organization", fmt.Sprintf("org-%04d", n))
			p.Attributes().PutStr("meter", "active_learners")
			p.Attributes().PutStr("window", window)
			p.Attributes().PutStr("period", "current")
			p.SetDoubleValue(expected(at.UnixMilli(), n))
		}
	}
	body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	require.NoError(t, err)
	return request{signal: "metrics", body: body}
}

func expected(ms int64, organization int) float64 {
	return float64(ms/60_000%100_000 + int64(organization))
}

// exported returns what the store has of series, by time in ms.
func exported(store, match string) (all map[string]map[int64]float64, err error) {
	response, err := client.Get("http://" + store + "/api/v1/export?" + url.Values{"match[]": {match}}.Encode())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("export answers %d", response.StatusCode)
	}
	all = map[string]map[int64]float64{}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var series struct {
			Metric     map[string]string
			Values     []float64
			Timestamps []int64
		}
		if err := json.Unmarshal(lines.Bytes(), &series); err != nil {
			return nil, err
		}
		key := series.Metric["organization"] + " " + series.Metric["window"] + " " + series.Metric["reason"]
		if all[key] == nil {
			all[key] = map[int64]float64{}
		}
		for i, at := range series.Timestamps {
			all[key][at] = series.Values[i]
		}
	}
	return all, lines.Err()
}

// hasExactly says what a store has too much or too little of: every series has each
// minute from the first one kept on, with its value, and no other.
func hasExactly(store string, begin time.Time, kept, all, organizations int) error {
	got, err := exported(store, `{__name__="usage_active_users",meter="active_learners",organization=~"org-.*"}`)
	if err != nil {
		return err
	}
	if len(got) != 6*organizations {
		return fmt.Errorf("%d series of %d", len(got), 6*organizations)
	}
	for series, samples := range got {
		organization, err := strconv.Atoi(series[4:8])
		if err != nil {
			return err
		}
		if len(samples) != all-kept {
			return fmt.Errorf("%s has %d minutes of %d", series, len(samples), all-kept)
		}
		for n := kept; n < all; n++ {
			at := begin.Add(time.Duration(n) * time.Minute).UnixMilli()
			if value, found := samples[at]; !found || value != expected(at, organization) {
				return fmt.Errorf("%s of minute %d is %v (%t), not %v", series, n, value, found, expected(at, organization))
			}
		}
	}
	return nil
}

// pushed sends minutes and kills the collector under way, as often as is said.
func (a *away) pushed(t *testing.T, begin time.Time, minutes, organizations, kills int) (most int64) {
	t.Helper()
	killed := 0
	for n := range minutes {
		if killed < kills && n >= (killed+1)*minutes/(kills+1) {
			a.Kill()
			a.restart(t)
			a.Eventually(t, func() error { return reached(a.door) })
			killed++
		}
		r := minute(t, begin.Add(time.Duration(n)*time.Minute), organizations)
		a.Eventually(t, func() error { return post(t.Context(), a.door, r) })
		if n%16 == 0 || n == minutes-1 {
			_, bytes := a.queued(t)
			most = max(most, bytes)
		}
	}
	return most
}

// TestAStoreThatIsAwayFor72HoursHasNoGap pushes the figures of that many minutes while
// the store is away, kills the collector under way, and expects each minute of each
// series in the store, at its time, once it is back.
func TestAStoreThatIsAwayFor72HoursHasNoGap(t *testing.T) {
	t.Parallel()
	minutes, organizations := campaign.Pick(300, 72*60), campaign.Pick(20, 200)
	const maxBytes = 1 << 30
	begin := time.Now().Truncate(time.Minute).Add(-time.Duration(minutes) * time.Minute)
	a := startAway(t, maxBytes)
	began := time.Now()
	most := a.pushed(t, begin, minutes, organizations, campaign.Pick(1, 3))
	filled := time.Since(began)
	files, bytes := a.queued(t)
	require.GreaterOrEqual(t, files, minutes)
	require.LessOrEqual(t, most, int64(maxBytes))

	a.Kill()
	a.restart(t)
	a.comesBack(t)
	began = time.Now()
	a.Within(t, limit, eachSecond(func() error { return hasExactly(a.store, begin, 0, minutes, organizations) }))
	lost, err := exported(a.store, "usage_queue_lost_minutes_total")
	require.NoError(t, err)
	require.Len(t, lost, 3, "each reason")
	for series, samples := range lost {
		for at, n := range samples {
			require.Zero(t, n, "%s at %d", series, at)
		}
	}
	a.Within(t, limit, func() error {
		if files, _ := a.queued(t); files > 1 { // the minute that is on its way
			return fmt.Errorf("%d requests wait still", files)
		}
		return nil
	})
	campaign.Report(t, campaign.Line{What: "minutes while the store is away, kills of the collector", Tried: minutes, Note: "no gap"})
	t.Logf("%d minutes of %d figures: %.1f MiB in %d files, %.2f bytes a figure and minute; filled in %s, emptied within %s",
		minutes, 6*organizations+1, float64(bytes)/(1<<20), files, float64(bytes)/float64(minutes*(6*organizations+1)), filled.Round(time.Second), time.Since(began).Round(time.Second))
}

// TestAQueueThatIsTooSmallLosesTheOldestAndSaysSo has room for a part of the minutes.
func TestAQueueThatIsTooSmallLosesTheOldestAndSaysSo(t *testing.T) {
	t.Parallel()
	minutes, organizations := campaign.Pick(200, 72*60), 20
	const maxBytes = 100 * 4096
	begin := time.Now().Truncate(time.Minute).Add(-time.Duration(minutes) * time.Minute)
	began := time.Now()
	a := startAway(t, maxBytes)
	most := a.pushed(t, begin, minutes, organizations, 1)
	require.LessOrEqual(t, most, int64(maxBytes))
	require.Greater(t, most, int64(maxBytes/2))

	lost := counted(t, a, "full")
	require.Positive(t, lost)
	own := int(time.Since(began)/time.Minute) + 2 // minutes of the collector itself, which take part
	logged := strings.Count(a.Log(t), "figures of a minute are lost: the store has been away for longer than max_bytes has room for")
	require.Positive(t, logged)
	a.comesBack(t)
	var first int
	a.Within(t, limit, eachSecond(func() error {
		got, err := exported(a.store, `{__name__="usage_active_users",organization="org-0000",window="day"}`)
		if err != nil || len(got) != 1 {
			return fmt.Errorf("%d series: %w", len(got), err)
		}
		for _, samples := range got {
			first = minutes - len(samples)
		}
		return hasExactly(a.store, begin, first, minutes, organizations)
	}))
	require.Positive(t, first)
	require.InDelta(t, lost, first, float64(own), "what is counted is what is missing")

	a.Within(t, limit, eachSecond(func() error {
		fires, err := alerts(a.store, "UsageFiguresLost", begin.Add(time.Duration(minutes-1)*time.Minute))
		if err == nil && !fires {
			err = errors.New("UsageFiguresLost does not fire")
		}
		return err
	}))
	t.Logf("%d minutes, %d lost, %d files at most", minutes, first, most/4096)
}

// counted is what the collector's own telemetry says was lost for a reason.
func counted(t *testing.T, a *away, reason string) int {
	t.Helper()
	series := regexp.MustCompile(`otelcol_connector_usage_queue_lost_requests\S*\{[^}]*reason="` + reason + `"[^}]*\} (\d+)`)
	var n int
	a.Eventually(t, func() error {
		_, body := collector.Get(t, "http://127.0.0.1:"+a.telemetry+"/metrics")
		match := series.FindStringSubmatch(body)
		if match == nil {
			return errors.New("the telemetry does not tell what is lost")
		}
		var err error
		n, err = strconv.Atoi(match[1])
		return err
	})
	return n
}

// alerts reports whether the expression of a shipped alert is true at an instant.
func alerts(store, alert string, at time.Time) (bool, error) {
	query, err := condition(alert)
	if err != nil {
		return false, err
	}
	var data struct{ Result []any }
	err = collector.Ask("http://"+store+"/api/v1/query?"+url.Values{"query": {query}, "time": {strconv.FormatInt(at.Unix(), 10)}}.Encode(), &data)
	return len(data.Result) > 0, err
}

// condition is the expression of a shipped alert.
func condition(alert string) (string, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "rules", "usage-alerts.yaml"))
	if err != nil {
		return "", err
	}
	var shipped struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &shipped); err != nil {
		return "", err
	}
	for _, group := range shipped.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == alert {
				return rule.Expr, nil
			}
		}
	}
	return "", fmt.Errorf("no alert %s", alert)
}
