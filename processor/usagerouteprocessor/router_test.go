// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/processor/usagerouteprocessor/internal/metadata"
)

// acme is of b, globex and initech of a.
const byHalves = "version: 1\nshards: [{name: a, topic: usage-a, virtual: 00-7f}, {name: b, topic: usage-b, virtual: 80-ff}]"

func withMap(t *testing.T) *Config {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.Map = filepath.Join(t.TempDir(), "shards.yaml")
	require.NoError(t, os.WriteFile(config.Map, []byte(byHalves), 0o600))
	return config
}

// sent notes what is sent on: where, whose, and what is in it.
type sent struct {
	mu    sync.Mutex
	parts []string
	err   error
}

func (s *sent) note(ctx context.Context, what string) error {
	said := client.FromContext(ctx).Metadata
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, strings.TrimSpace(fmt.Sprint(said.Get(shard.TopicKey), said.Get(shard.OrganizationKey), " ", what)))
	slices.Sort(s.parts)
	return s.err
}

func (s *sent) logs(ctx context.Context, ld plog.Logs) error {
	if r, is := sealed.OfLogs(ld); is {
		var err error
		if ld, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(r.Bytes); err != nil {
			return err
		}
	}
	var what strings.Builder
	for _, resource := range ld.ResourceLogs().All() {
		fmt.Fprintf(&what, "%s%v", resource.SchemaUrl(), resource.Resource().Attributes().AsRaw())
		for _, scope := range resource.ScopeLogs().All() {
			for _, log := range scope.LogRecords().All() {
				fmt.Fprintf(&what, " %s.%s", scope.Scope().Name(), log.EventName())
			}
		}
	}
	return s.note(ctx, what.String())
}

// sendLogs sends logs, and the same as bytes, which go to the same places.
func sendLogs(t *testing.T, config *Config, s *sent, ld plog.Logs) error {
	t.Helper()
	bytes, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	undecoded := sent{err: s.err}
	failed := sendLogsAs(t, config, &undecoded, sealed.Logs(otlp.Request{Signal: usage.Logs, Bytes: bytes}))
	err = sendLogsAs(t, config, s, ld)
	require.Equal(t, err, failed)
	require.Equal(t, s.parts, undecoded.parts)
	return err
}

func sendLogsAs(t *testing.T, config *Config, s *sent, ld plog.Logs) error {
	t.Helper()
	require.NoError(t, config.Validate())
	next, err := consumer.NewLogs(s.logs)
	require.NoError(t, err)
	p, err := NewFactory().CreateLogs(t.Context(), processortest.NewNopSettings(metadata.Type), config, next)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, p.Shutdown(t.Context())) }()
	return p.ConsumeLogs(t.Context(), ld)
}

// twoResources has records of three organizations, one by its resource.
func twoResources() plog.Logs {
	ld := plog.NewLogs()
	add := func(resource plog.ResourceLogs, scope string, records ...string) {
		to := resource.ScopeLogs().AppendEmpty()
		to.Scope().SetName(scope)
		for _, r := range records {
			organization, name, _ := strings.Cut(r, "/")
			log := to.LogRecords().AppendEmpty()
			log.SetEventName(name)
			if organization != "" {
				log.Attributes().PutStr("organization.id", organization)
			}
		}
	}
	one := ld.ResourceLogs().AppendEmpty()
	add(one, "s1", "acme/1", "globex/2", " acme\u200b/3")
	add(one, "s2", "acme/4", "/5")
	two := ld.ResourceLogs().AppendEmpty()
	two.SetSchemaUrl("https://example.com/schema")
	two.Resource().Attributes().PutStr("tenant.id", "initech")
	add(two, "s3", "/6", "globex/7")
	return ld
}

func TestARequestIsSplitByShard(t *testing.T) {
	var s sent
	require.NoError(t, sendLogs(t, withMap(t), &s, twoResources()))
	require.Equal(t, []string{
		"[usage-a-logs] [] map[] s1.2 s2.5https://example.com/schemamap[tenant.id:initech] s3.6 s3.7", // who names nobody goes where __none__ is
		"[usage-b-logs] [acme] map[] s1.1 s1.3 s2.4",
	}, s.parts)
}

func TestARequestForOneShardStaysWhole(t *testing.T) {
	for want, organizations := range map[string][]string{
		"[usage-b-logs] [acme] map[] . . .": {"acme", "acme ", "acme"},
		"[usage-a-logs] [] map[] . . .":     {"globex", "initech", "globex"},
		"[usage-a-logs] [] map[] . .":       {"globex", ""},
	} {
		ld := plog.NewLogs()
		records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for _, organization := range organizations {
			records.AppendEmpty().Attributes().PutStr("organization.id", organization)
		}
		var s sent
		require.NoError(t, sendLogs(t, withMap(t), &s, ld))
		require.Equal(t, []string{want}, s.parts)
	}
}

func TestPartsAreBounded(t *testing.T) {
	config := withMap(t)
	config.MaxBytes = 1 // of which a single record is beyond
	var s sent
	require.NoError(t, sendLogs(t, config, &s, twoResources()))
	require.Len(t, s.parts, 7)
}

func TestALoadBalancerGetsAnAttribute(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.ResourceAttribute = "usage.organization"
	var s sent
	require.NoError(t, sendLogs(t, config, &s, twoResources()))
	require.Len(t, s.parts, 1)
	for _, organization := range []string{"acme", "globex", "initech", "__none__"} {
		require.Contains(t, s.parts[0], "usage.organization:"+organization)
	}
}

func TestAnErrorIsNeverPermanent(t *testing.T) {
	s := sent{err: consumererror.NewPermanent(errors.New("TOPIC_AUTHORIZATION_FAILED"))}
	err := sendLogs(t, withMap(t), &s, twoResources())
	require.ErrorContains(t, err, "TOPIC_AUTHORIZATION_FAILED")
	require.False(t, consumererror.IsPermanent(err))
}

func TestASpanGoesWhereItsEventsAre(t *testing.T) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, organizations := range [][]string{{"acme", "globex", "initech"}, {"globex"}, {"", "acme"}} {
		span := spans.AppendEmpty()
		for i, organization := range organizations {
			to := span.Attributes()
			if i > 0 {
				to = span.Events().AppendEmpty().Attributes()
			}
			if organization != "" {
				to.PutStr("organization.id", organization)
			}
		}
		span.Events().AppendEmpty() // of nobody
	}
	bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	var s sent
	next, err := consumer.NewTraces(func(ctx context.Context, td ptrace.Traces) error {
		if r, is := sealed.OfTraces(td); is {
			var err error
			if td, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(r.Bytes); err != nil {
				return err
			}
		}
		events := ""
		for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			events += fmt.Sprint(span.Events().Len(), " ")
		}
		return s.note(ctx, events)
	})
	require.NoError(t, err)
	p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), withMap(t), next)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	for _, form := range []ptrace.Traces{td, sealed.Traces(otlp.Request{Signal: usage.Traces, Bytes: bytes})} {
		s.parts = nil
		require.NoError(t, p.ConsumeTraces(t.Context(), form))
		require.Equal(t, []string{
			"[usage-a-traces] [] 3 1", // once for globex and initech, who are counted together
			"[usage-b-traces] [] 3 2", // some of its items are of others, or of nobody
		}, s.parts)
	}
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestPointsOfAMetricAreSplit(t *testing.T) {
	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	sum := metrics.AppendEmpty()
	sum.SetName("api.calls")
	sum.SetUnit("{call}")
	sum.SetEmptySum().SetIsMonotonic(true)
	sum.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	for _, organization := range []string{"acme", "globex", "acme"} {
		sum.Sum().DataPoints().AppendEmpty().Attributes().PutStr("organization.id", organization)
	}
	metrics.AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty().Attributes().PutStr("organization.id", "acme")
	metrics.AppendEmpty().SetEmptyHistogram().DataPoints().AppendEmpty().Attributes().PutStr("organization.id", "acme")
	metrics.AppendEmpty().SetEmptyExponentialHistogram().DataPoints().AppendEmpty().Attributes().PutStr("organization.id", "acme")
	metrics.AppendEmpty().SetEmptySummary().DataPoints().AppendEmpty().Attributes().PutStr("organization.id", "acme")
	metrics.AppendEmpty() // of no type: it has no point to send

	bytes, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	var s sent
	next, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		first := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
		return s.note(ctx, fmt.Sprint(md.MetricCount(), md.DataPointCount(), first.Name(), first.Unit(), first.Sum().IsMonotonic(), first.Sum().AggregationTemporality()))
	})
	require.NoError(t, err)
	p, err := NewFactory().CreateMetrics(t.Context(), processortest.NewNopSettings(metadata.Type), withMap(t), next)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	for _, form := range []pmetric.Metrics{md, sealed.Metrics(otlp.Request{Signal: usage.Metrics, Bytes: bytes})} {
		s.parts = nil
		require.NoError(t, p.ConsumeMetrics(t.Context(), form))
		require.Equal(t, []string{
			"[usage-a-metrics] [globex] 1 1api.calls{call}true Delta",
			"[usage-b-metrics] [acme] 5 6api.calls{call}true Delta",
		}, s.parts)
	}
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestABadConfigurationSaysWhatHelps(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`map: "": name the file that says which shard counts which organization, or resource_attribute for a load balancer without one`: func(c *Config) { c.Map = "" },
		`resource_attribute: "x": parts go where map says: remove one of them`:                                                          func(c *Config) { c.ResourceAttribute = "x" },
		`max_bytes: 0: name how many bytes a message may have, as 900000`:                                                               func(c *Config) { c.MaxBytes = 0 },
		`identity::organization: []: name an attribute, as organization.id`:                                                             func(c *Config) { c.Identity.Organization = nil },
		`identity::normalize: unknown normalization "": use trim, fold or none`:                                                         func(c *Config) { c.Identity.Normalize = "" },
		`map: shards.yaml: version: 0: number the map, 1 or more, and raise the number with every change`: func(c *Config) {
			require.NoError(t, os.WriteFile(c.Map, []byte(strings.Replace(byHalves, "version: 1", "version: 0", 1)), 0o600))
		},
	} {
		config := withMap(t)
		change(config)
		require.EqualError(t, config.Validate(), want)
	}
}

// TestScopesOfOldSendersAreCut has a request whose scopes have the number that they had
// before OTLP 1.0.
func TestScopesOfOldSendersAreCut(t *testing.T) {
	bytes, err := (&plog.ProtoMarshaler{}).MarshalLogs(twoResources())
	require.NoError(t, err)
	var old []byte
	r := otlp.Request{Signal: usage.Logs, Bytes: bytes}
	for resource := range r.Resources() {
		to := otlp.Around(resource)
		_, scopes := otlp.Resource(resource)
		for scope := range scopes {
			to = otlp.AppendBytes(to, 1000, scope)
		}
		old = otlp.AppendBytes(old, top, to)
	}
	var now, before sent
	require.NoError(t, sendLogsAs(t, withMap(t), &now, sealed.Logs(r)))
	require.NoError(t, sendLogsAs(t, withMap(t), &before, sealed.Logs(otlp.Request{Signal: usage.Logs, Bytes: old})))
	require.Len(t, now.parts, 2)
	require.Equal(t, now.parts, before.parts)
}
