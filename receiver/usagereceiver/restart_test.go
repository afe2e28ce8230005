// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/receiver/usagereceiver/internal/metadata"
)

// product is ledger, receiver and embedded store on a clock of the test's own.
type product struct {
	t         *testing.T
	fs        *vfs.MemFS
	config    string
	catalogue string

	ledger    *ledger.Ledger
	extractor *extract.Extractor
	receiver  *usageReceiver
	store     *promstore.Store
	now       time.Time
	refuses   bool
}

// onLedger is a ledger as the receiver sees it.
type onLedger struct {
	*ledger.Ledger
	component.StartFunc
	component.ShutdownFunc
}

func (l onLedger) Collect(ctx context.Context, now time.Time) (usage.Collection, error) {
	c, err := l.Ledger.Collect(ctx, now)
	return c.WithProcess(usage.Figure{Series: usage.LedgerReady, Value: 1}), err
}

func (onLedger) Record(context.Context, *usage.Batch) error { return nil }

const features = `
meters:
  users: {type: active_users, actions: [opened], windows: [hour], breakdowns: {language: {attribute: language}}}
  calls: {type: consumption, actions: [called], windows: [hour]}
`

func newProduct(t *testing.T, at string) *product {
	t.Helper()
	p := &product{t: t, fs: vfs.NewCrashableMem(), config: features}
	p.now = p.clock(at)
	store, err := promstore.Open(promstore.Settings{Directory: t.TempDir(), Retention: promstore.MinRetention})
	require.NoError(t, err)
	p.store = store
	t.Cleanup(func() {
		p.close()
		require.NoError(t, store.Close())
	})
	p.open()
	return p
}

// clock returns a time of the test's day.
func (p *product) clock(s string) time.Time {
	p.t.Helper()
	at, err := time.Parse("15:04:05", s)
	require.NoError(p.t, err)
	return time.Date(2026, 5, 10, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

func (p *product) open() {
	p.t.Helper()
	section := map[string]any{}
	require.NoError(p.t, yaml.Unmarshal([]byte(p.config), &section))
	d, err := definition.FromMap(section)
	require.NoError(p.t, err)
	x, err := d.Extraction()
	require.NoError(p.t, err)
	settings := d.Settings(x)
	settings.Directory, settings.FS = "ledger", p.fs
	if p.catalogue != "" {
		settings.Catalogue, err = catalogue.Parse([]byte("organizations:\n" + p.catalogue))
		require.NoError(p.t, err)
	}
	p.ledger, err = ledger.Open(settings, p.now)
	require.NoError(p.t, err)
	p.extractor, err = extract.New(p.ledger.Extraction())
	require.NoError(p.t, err)
	sink, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		if p.refuses {
			return promstore.ErrNoSpace
		}
		result, err := p.store.Append(ctx, md, p.now)
		require.False(p.t, result.AnyRefused(), "%v", result.Refused)
		return err
	})
	require.NoError(p.t, err)
	set := receivertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	r, err := newUsageReceiver(set, &Config{Ledger: ledgerID, Interval: time.Minute}, sink)
	require.NoError(p.t, err)
	p.receiver = r
	require.NoError(p.t, r.find(p.t.Context(), host{ledgerID: onLedger{Ledger: p.ledger}}))
}

func (p *product) close() { require.NoError(p.t, p.ledger.Close(context.Background())) }

// restart ends it cleanly and starts it at a time.
func (p *product) restart(at string) {
	p.t.Helper()
	p.close()
	p.now = p.clock(at)
	p.open()
}

// crash is restart after the power went.
func (p *product) crash(at string) {
	p.t.Helper()
	p.fs = p.fs.CrashClone(vfs.CrashCloneCfg{})
	p.restart(at)
}

// send lets a number of items arrive at a time, each with a user of its own.
func (p *product) send(at string, n int, organization, action string, attributes ...string) {
	p.t.Helper()
	p.now = p.clock(at)
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		r := records.AppendEmpty()
		r.SetEventName(action)
		r.SetTimestamp(pcommon.NewTimestampFromTime(p.now))
		r.Attributes().PutStr("user.id", fmt.Sprintf("user %d", i))
		if organization != "" {
			r.Attributes().PutStr("organization.id", organization)
		}
		for i := 0; i < len(attributes); i += 2 {
			r.Attributes().PutStr(attributes[i], attributes[i+1])
		}
	}
	var batch usage.Batch
	p.extractor.Logs(logs, "", &batch)
	require.NoError(p.t, p.ledger.Record(p.t.Context(), p.now, &batch))
}

// collect shows the figures of a minute.
func (p *product) collect(at string) {
	p.t.Helper()
	p.now = p.clock(at)
	p.receiver.collect(p.t.Context(), p.now)
}

// query returns the values of an expression at the time of the last step, each
// with the values of its labels but the metric's name.
func (p *product) query(expression string) []string {
	p.t.Helper()
	answer := httptest.NewRecorder()
	path := "/api/v1/query?" + url.Values{"query": {expression}, "time": {p.now.Format(time.RFC3339)}}.Encode()
	p.store.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(p.t.Context(), "GET", path, nil))
	var said struct {
		Status string
		Data   struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	require.NoError(p.t, json.Unmarshal(answer.Body.Bytes(), &said))
	require.Equal(p.t, "success", said.Status, answer.Body)
	var all []string
	for _, r := range said.Data.Result {
		var words []string
		for name, value := range r.Metric {
			if name != "__name__" && name != "unit" && name != "signal" {
				words = append(words, value)
			}
		}
		slices.Sort(words)
		all = append(all, strings.Join(append(words, fmt.Sprint(r.Value[1])), " "))
	}
	slices.Sort(all)
	return all
}

const languages = `sum by (dimension_value) (usage_active_users_breakdown{window="hour",period="current"})`

func TestValuesOfTheHourBeforeEndWithTheFirstCollectionAfterAStart(t *testing.T) {
	for name, start := range map[string]func(*product, string){"clean": (*product).restart, "crash": (*product).crash} {
		t.Run(name, func(t *testing.T) {
			p := newProduct(t, "09:58:30")
			p.send("09:58:30", 1, "acme", "opened", "language", "en")
			p.send("09:58:31", 2, "acme", "opened", "language", "de")
			p.collect("09:59:00")
			require.Equal(t, []string{"de 2", "en 1"}, p.query(languages))
			start(p, "10:00:20")
			p.send("10:00:30", 1, "acme", "opened", "language", "fr")
			p.collect("10:01:00")
			require.Equal(t, []string{"fr 1"}, p.query(languages))
			require.Len(t, p.query(`usage_active_users{period="current"}`), 1, "what goes on has not ended")
			require.Empty(t, p.query(`resets(usage_items_total[10m]) > 0`))
		})
	}
}

func TestWhatTheCatalogueAndTheConfigurationSaidBeforeEndsToo(t *testing.T) {
	p := newProduct(t, "09:30:10")
	p.catalogue = "- {id: acme, name: Acme, quotas: {calls: {limit: 10, window: hour, thresholds: [0.5]}}}"
	p.restart("09:30:11")
	p.send("09:30:20", 1, "acme", "called")
	p.collect("09:31:00")
	require.Equal(t, []string{"0.5 acme calls hour 0.5"}, p.query("usage_quota_threshold"))
	require.Equal(t, []string{"Calls acme calls consumption 1"}, p.query("usage_meter_info"))
	require.Equal(t, []string{"Hour acme hour 1"}, p.query("usage_window_info"))

	p.catalogue = "- {id: acme, name: New, quotas: {calls: {limit: 10, window: hour, thresholds: [0.75]}}}"
	p.config = "meters:\n  calls: {type: consumption, title: API calls, actions: [called], windows: [hour]}\nwindows: {hour: {title: Clock hour}}\n"
	p.crash("09:31:30")
	p.collect("09:32:00")
	require.Equal(t, []string{"New UTC acme 1"}, p.query("usage_organization_info"))
	require.Equal(t, []string{"0.75 acme calls hour 0.75"}, p.query("usage_quota_threshold"))
	require.Equal(t, []string{"API calls acme calls consumption 1"}, p.query("usage_meter_info"))
	require.Equal(t, []string{"Clock hour acme hour 1"}, p.query("usage_window_info"))
	require.Empty(t, p.query(`{meter="users"}`), "a meter that is retired")
	require.Equal(t, []string{"acme calls 1"}, p.query(`usage_consumption_total`))
}

func TestWhatIsSeenNoMoreIsNotEnded(t *testing.T) {
	p := newProduct(t, "09:58:30")
	p.send("09:58:30", 1, "acme", "opened", "language", "en")
	p.collect("09:59:00")
	p.restart("10:04:01")
	p.collect("10:05:00")
	require.Empty(t, p.query(languages))
	require.Equal(t, []string{"09:59 1"}, p.dates(`last_over_time(timestamp(usage_active_users_breakdown{period="current"})[10m:1m])`), "nothing was written")
}

// dates is query with values that are times.
func (p *product) dates(expression string) (all []string) {
	for _, s := range p.query(expression) {
		var seconds float64
		_, err := fmt.Sscan(s[strings.LastIndexByte(s, ' ')+1:], &seconds)
		require.NoError(p.t, err)
		all = append(all, time.Unix(int64(seconds), 0).UTC().Format("15:04")+" 1")
	}
	return all
}

const rejected = `round(sum by (organization, outcome) (increase(usage_items_total{outcome="invalid"}[1h]))) > 0`

func TestABurstOfRejectedItemsIsAnIncrease(t *testing.T) {
	p := newProduct(t, "09:30:10")
	p.send("09:30:20", 500, "", "opened")
	p.collect("09:31:00")
	require.Equal(t, []string{"__none__ invalid 500"}, p.query(`sum by (organization, outcome) (usage_items_total{outcome="invalid"}) > 0`))
	p.collect("09:32:00")
	require.Equal(t, []string{"__none__ invalid 500"}, p.query(`usage_items_total{outcome="invalid"} - usage_items_total{outcome="invalid"} offset 2m > 0`))
	require.Equal(t, []string{"__none__ invalid 500"}, p.query(rejected))
}

func TestACounterBeginsOnce(t *testing.T) {
	p := newProduct(t, "09:30:10")
	p.collect("09:31:00")
	p.send("09:31:20", 7, "acme", "called")
	p.collect("09:32:00")
	zeros := `count_over_time((usage_consumption_total == 0)[1h:1m])`
	require.Equal(t, []string{"acme calls 1"}, p.query(zeros))
	for _, start := range []func(*product, string){(*product).restart, (*product).crash} {
		at := p.now.Add(70 * time.Second)
		start(p, at.Format("15:04:05"))
		p.send(at.Add(time.Second).Format("15:04:05"), 1, "acme", "called")
		p.collect(at.Truncate(time.Minute).Add(time.Minute).Format("15:04:05"))
		require.Equal(t, []string{"acme calls 1"}, p.query(zeros))
		require.Empty(t, p.query(`resets(usage_consumption_total[1h]) > 0`))
	}
	p.restart("10:20:10") // long after the look-back
	p.send("10:20:20", 1, "acme", "called")
	p.send("10:20:20", 3, "globex", "called")
	p.collect("10:21:00")
	require.Equal(t, []string{"acme calls 10", "calls globex 3"}, p.query(`usage_consumption_total`))
	require.Equal(t, []string{"calls globex 1"}, p.query(`count_over_time((usage_consumption_total == 0)[10m:1m])`))
}

func TestACounterThatRestedGoesOn(t *testing.T) {
	p := newProduct(t, "09:30:10")
	p.send("09:30:20", 7, "acme", "called")
	p.collect("09:31:00")
	config := p.config
	p.config = "meters:\n  users: {type: active_users, actions: [opened], windows: [hour], breakdowns: {language: {attribute: language}}}\n"
	p.restart("09:31:10")
	p.collect("09:32:00")
	require.Empty(t, p.query(`usage_consumption_total`))
	p.config = config
	p.restart("09:32:10")
	p.collect("09:33:00")
	p.collect("09:34:00")
	require.Equal(t, []string{"acme calls 7"}, p.query(`usage_consumption_total`))
	require.Equal(t, []string{"acme calls 1"}, p.query(`count_over_time((usage_consumption_total == 0)[1h:1m])`), "of its beginning")
}

func TestWhatARefusingStoreHasNotSeenIsToldOfLater(t *testing.T) {
	p := newProduct(t, "09:58:30")
	p.send("09:58:30", 1, "acme", "opened", "language", "en")
	p.collect("09:59:00")
	p.refuses = true
	p.send("09:59:10", 4, "globex", "called")
	p.collect("10:00:00")
	p.refuses = false
	p.collect("10:01:00")
	require.Empty(t, p.query(languages))
	require.Equal(t, []string{"calls globex 4"}, p.query(`increase(usage_consumption_total[1m] offset -1m) > 0 or usage_consumption_total > 0`))
	require.Equal(t, []string{"calls globex 1"}, p.query(`count_over_time((usage_consumption_total{organization="globex"} == 0)[10m:1m])`))
}
