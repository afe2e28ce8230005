// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package sim holds the real engine, from OTLP to figures, against the naive
// model and the vectors.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine is the product without its components: extract and ledger on a file
// system of memory that can crash.
type engine struct {
	t         testing.TB
	fs        *vfs.MemFS
	settings  ledger.Settings
	ledger    *ledger.Ledger
	extractor *extract.Extractor
	now       time.Time
	// organizations of the catalogue.
	organizations map[string]model.Organization
}

func newEngine(t testing.TB, c model.Config, now time.Time) *engine {
	t.Helper()
	e := &engine{t: t, fs: vfs.NewCrashableMem(), now: now, organizations: maps.Clone(c.Organizations)}
	e.settings = ledger.Settings{
		Directory: "ledger", FS: e.fs, Extraction: extraction(t, c),
		Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: time.Duration(c.Grace), Silence: time.Hour,
		Limits:    intake.Limits{Organizations: 1000, UnknownOrganizations: 1000, UsersPerOrganization: 1_000_000, ValuesPerDimension: 100},
		Catalogue: catalogueOf(t, c.Organizations),
	}
	if c.Limits.ValuesPerDimension > 0 {
		e.settings.Limits.ValuesPerDimension = c.Limits.ValuesPerDimension
	}
	if past := time.Duration(c.Horizon.Past); past > 0 {
		e.settings.Past = past
	}
	if future := time.Duration(c.Horizon.Future); future > 0 {
		e.settings.Future = future
	}
	e.open()
	t.Cleanup(e.close)
	return e
}

func (e *engine) open() {
	var err error
	e.ledger, err = ledger.Open(e.settings, e.now)
	require.NoError(e.t, err)
	e.extractor, err = extract.New(e.ledger.Extraction())
	require.NoError(e.t, err)
}

func (e *engine) close() {
	if e.ledger != nil {
		require.NoError(e.t, e.ledger.Close(context.Background()))
		e.ledger = nil
	}
}

// restart closes the ledger and opens it at up.
func (e *engine) restart(up time.Time) {
	e.close()
	e.now = up
	e.open()
}

// crash cuts the power: only what was synced is there when it opens at up.
func (e *engine) crash(up time.Time) {
	e.fs = e.fs.CrashClone(vfs.CrashCloneCfg{})
	e.close()
	e.settings.FS, e.now = e.fs, up
	e.open()
}

// record sends events as one request.
func (e *engine) record(now time.Time, events ...model.Event) {
	var batch usage.Batch
	for len(events) > 0 { // one request a run of one signal
		n := slices.IndexFunc(events, func(other model.Event) bool { return other.Signal != events[0].Signal })
		if n < 0 {
			n = len(events)
		}
		switch events[0].Signal {
		case "traces":
			e.extractor.Traces(traces(events[:n]), "", &batch)
		case "metrics":
			e.extractor.Metrics(metrics(e.t, events[:n]), "", &batch)
		default:
			e.extractor.Logs(logs(events[:n]), "", &batch)
		}
		events = events[n:]
	}
	require.NoError(e.t, e.ledger.Record(context.Background(), now, &batch))
	e.now = now
}

func (e *engine) collect(at time.Time) map[string]float64 {
	c, err := e.ledger.Collect(context.Background(), at)
	require.NoError(e.t, err)
	e.now = at
	return figuresOf(e.t, c)
}

func figuresOf(t testing.TB, c usage.Collection) map[string]float64 {
	t.Helper()
	figures := map[string]float64{}
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			labels := map[string]string{"organization": o.Organization}
			for _, l := range f.Series.Labels {
				labels[l.Name] = l.Value
			}
			key := model.Key(f.Series.Name, labels)
			_, twice := figures[key]
			require.False(t, twice, key)
			figures[key] = f.Value
		}
	}
	return figures
}

// logs writes events as log records, each in a resource of its own.
func logs(events []model.Event) plog.Logs {
	l := plog.NewLogs()
	for _, e := range events {
		resource := l.ResourceLogs().AppendEmpty()
		scope := resource.ScopeLogs().AppendEmpty()
		surroundings(e, resource.Resource().Attributes(), scope.Scope().Attributes())
		r := scope.LogRecords().AppendEmpty()
		r.SetEventName(e.Action)
		r.SetTimestamp(pcommon.NewTimestampFromTime(e.Time))
		if e.Body != "" {
			r.Body().SetStr(e.Body)
		}
		if e.Span != "" {
			id := sha256.Sum256([]byte(e.Span))
			r.SetTraceID([16]byte(id[:16]))
			r.SetSpanID([8]byte(id[16:]))
		}
		r.SetSeverityText(e.Severity)
		attributes(e, r.Attributes())
	}
	return l
}

// traces writes events as spans; their uid becomes the ids of trace and span.
func traces(events []model.Event) ptrace.Traces {
	t := ptrace.NewTraces()
	for _, e := range events {
		resource := t.ResourceSpans().AppendEmpty()
		scope := resource.ScopeSpans().AppendEmpty()
		surroundings(e, resource.Resource().Attributes(), scope.Scope().Attributes())
		s := scope.Spans().AppendEmpty()
		s.SetName(e.Action)
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(e.Time))
		if e.UID != "" {
			id := sha256.Sum256([]byte(e.UID))
			s.SetTraceID([16]byte(id[:16]))
			s.SetSpanID([8]byte(id[16:]))
		}
		e.UID = ""
		attributes(e, s.Attributes())
	}
	return t
}

// metrics writes events as points of sums.
func metrics(t testing.TB, events []model.Event) pmetric.Metrics {
	t.Helper()
	m := pmetric.NewMetrics()
	for _, e := range events {
		resource := m.ResourceMetrics().AppendEmpty()
		scope := resource.ScopeMetrics().AppendEmpty()
		surroundings(e, resource.Resource().Attributes(), scope.Scope().Attributes())
		metric := scope.Metrics().AppendEmpty()
		metric.SetName(e.Action)
		sum := metric.SetEmptySum()
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		if e.Cumulative {
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}
		point := sum.DataPoints().AppendEmpty()
		value, err := strconv.ParseFloat(string(e.Value), 64)
		require.NoError(t, err)
		point.SetDoubleValue(value)
		point.SetTimestamp(pcommon.NewTimestampFromTime(e.Time))
		if !e.Start.IsZero() {
			point.SetStartTimestamp(pcommon.NewTimestampFromTime(e.Start))
		}
		attributes(e, point.Attributes())
	}
	return m
}

func surroundings(e model.Event, resource, scope pcommon.Map) {
	for key, value := range e.Resource {
		resource.PutStr(key, value)
	}
	for key, value := range e.Scope {
		scope.PutStr(key, value)
	}
}

func attributes(e model.Event, to pcommon.Map) {
	for _, key := range slices.Sorted(maps.Keys(e.Attributes)) {
		put(to, key, e.Attributes[key], e.Types[key])
	}
	for key, value := range map[string]string{"organization.id": e.Organization, "user.id": e.User, "log.record.uid": e.UID} {
		if value != "" {
			put(to, key, value, e.Types[key])
		}
	}
}

// put writes an attribute as a value of its type.
func put(to pcommon.Map, key, value, otlpType string) {
	switch otlpType {
	case "int":
		n, _ := strconv.ParseInt(value, 10, 64)
		to.PutInt(key, n)
	case "double":
		f, _ := strconv.ParseFloat(value, 64)
		to.PutDouble(key, f)
	case "array":
		elements := to.PutEmptySlice(key)
		for element := range strings.SplitSeq(value, ",") {
			elements.AppendEmpty().SetStr(element)
		}
	default:
		to.PutStr(key, value)
	}
}

// extraction reads the model's configuration as the product does; the versions
// of a meter are put behind each other.
func extraction(t testing.TB, c model.Config) usage.Extraction {
	t.Helper()
	var x usage.Extraction
	var section map[string]any
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &section))
	delete(section, "organizations")
	delete(section, "horizon")
	delete(section, "grace")
	delete(section, "limits")
	for _, key := range []string{"aliases", "lifecycle"} {
		if m, isMap := section[key].(map[string]any); isMap {
			dropEmpty(m)
		}
	}
	meters, _ := section["meters"].(map[string]any)
	versions := map[string][]any{}
	for name, m := range meters {
		m, _ := m.(map[string]any)
		if v, several := m["versions"].([]any); several {
			versions[name] = v
			delete(m, "versions")
		}
		dropEmpty(m)
	}
	for n := 0; ; n++ {
		more := n == 0
		for name, v := range versions {
			if n < len(v) {
				more = true
				maps.Copy(meters[name].(map[string]any), v[n].(map[string]any))
				dropEmpty(meters[name].(map[string]any))
			}
		}
		if !more {
			return x
		}
		d, err := definition.FromMap(section)
		require.NoError(t, err)
		next, err := d.Extraction()
		require.NoError(t, err)
		if n == 0 {
			x = next
			continue
		}
		for i := range x.Meters {
			if n < len(versions[x.Meters[i].Name]) {
				addVersion(&x.Meters[i], next.Meters[i])
			}
		}
	}
}

// dropEmpty takes out what the model writes of keys that are not set.
func dropEmpty(m map[string]any) {
	for key, value := range m {
		switch v := value.(type) {
		case nil:
			delete(m, key)
		case string:
			if v == "" || v == "0s" {
				delete(m, key)
			}
		case bool:
			if !v {
				delete(m, key)
			}
		case []any:
			if len(v) == 0 {
				delete(m, key)
			}
			for _, element := range v {
				if inner, isMap := element.(map[string]any); isMap {
					dropEmpty(inner)
				}
			}
		case map[string]any:
			dropEmpty(v)
			if len(v) == 0 {
				delete(m, key)
			}
		case float64:
			if v == 0 {
				delete(m, key)
			}
		}
	}
}

func addVersion(into *usage.Meter, m usage.Meter) {
	v := m.Versions[0]
	for i := range v.Classes {
		name := m.Classes[v.Classes[i].Index]
		n := slices.Index(into.Classes, name)
		if n < 0 {
			n = len(into.Classes)
			into.Classes = append(into.Classes, name)
		}
		v.Classes[i].Index = uint8(n)
	}
	if v.Standing != nil {
		v.Standing.Class = uint8(slices.Index(into.Classes, m.Classes[v.Standing.Class]))
	}
	into.Versions = append(into.Versions, v)
}

// soldTo writes an organization's meters and quotas as its further keys.
func soldTo(o model.Organization) string {
	meters := ""
	if len(o.Meters) > 0 {
		meters = ", meters: [" + strings.Join(o.Meters, ", ") + "]"
	}
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(o.Quotas)) {
		q := o.Quotas[name]
		if i == 0 {
			b.WriteString(", quotas: {")
		}
		fmt.Fprintf(&b, "%s: {limit: %q, window: %s", name, q.Limit, q.Window)
		if q.Thresholds != nil {
			fmt.Fprintf(&b, ", thresholds: [%s]", strings.Join(q.Thresholds, ", "))
		}
		b.WriteString("}, ")
	}
	if b.Len() > 0 {
		b.WriteString("}")
	}
	return meters + b.String()
}

func catalogueOf(t testing.TB, organizations map[string]model.Organization) *catalogue.Catalogue {
	t.Helper()
	var b strings.Builder
	b.WriteString("organizations:\n")
	for _, id := range slices.Sorted(maps.Keys(organizations)) {
		o := organizations[id]
		fmt.Fprintf(&b, "  - {id: %q", id)
		if o.Timezone != "" {
			fmt.Fprintf(&b, ", timezone: %q", o.Timezone)
		}
		if o.AnchorDay != 0 {
			fmt.Fprintf(&b, ", anchor_day: %d", o.AnchorDay)
		}
		b.WriteString(soldTo(o) + "}\n")
	}
	parsed, err := catalogue.Parse([]byte(b.String()))
	require.NoError(t, err)
	return parsed
}
