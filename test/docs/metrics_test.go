// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var (
	row  = regexp.MustCompile("(?m)^\\| `(usage_[a-z_]+)` \\| ([^|]*)\\| (gauge|counter) \\|")
	code = regexp.MustCompile("`([a-z_]+)`")
)

// TestMetricsPageListsWhatALedgerHas compares names, label sets and types, both
// ways, for the default configuration and one event of each kind, with what the
// ledger extension adds of its process.
func TestMetricsPageListsWhatALedgerHas(t *testing.T) {
	listed := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(read(t, "docs/metrics.md").text, -1) {
		var labels []string
		for _, l := range code.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		listed[series(m[1], labels, m[3] == "counter")] = true
	}
	emitted := map[string]bool{}
	for _, organization := range collect(t).Organizations {
		for _, f := range organization.Figures {
			var labels []string
			for _, l := range f.Series.Labels {
				labels = append(labels, l.Name)
			}
			emitted[series(f.Series.Name, labels, f.Series.Counter)] = true
		}
	}
	require.Equal(t, listed, emitted)
}

func series(name string, labels []string, counter bool) string {
	labels = slices.Clone(labels)
	slices.Sort(labels)
	kind := " gauge"
	if counter {
		kind = " counter"
	}
	return name + "{" + strings.Join(labels, ",") + "}" + kind
}

// events are name, user and attributes. The ledger takes two users, so that
// the third one's minutes count without a user.
var events = [][]string{
	{"course.accessed", "ada", "user.status", "active"},
	{"user.registered", "ada"},
	{"app.opened", "ada", "user.type", "onboarded", "app.feature", "share"},
	{"user.logon", "bob"},
	{"task.finished", "bob"},
	{"transcription.finished", "bob", "transcription.minutes", "5000", "transcription.accuracy", "0.97"},
	{"transcription.finished", "eve", "transcription.minutes", "3", "transcription.accuracy", "0.91"},
	{"document.created", "ada", "document.kind", "letter", "document.format", "pdf", "document.length", "3"},
	{"api.called", ""},
}

func collect(t *testing.T) usage.Collection {
	t.Helper()
	config, err := definition.FromCollectorConfig(filepath.Join(root, "config/default.yaml"))
	require.NoError(t, err)
	extraction, err := config.Extraction()
	require.NoError(t, err)
	extractor, err := extract.New(extraction)
	require.NoError(t, err)

	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	listed, err := catalogue.Load(filepath.Join(root, "config/organizations.yaml"), extraction.Meters)
	require.NoError(t, err)
	l, err := ledger.Open(ledger.Settings{
		Directory: "ledger", FS: vfs.NewMem(), Extraction: extraction, Catalogue: listed,
		Past: config.Horizon.Past.Std(), Future: config.Horizon.Future.Std(), Silence: config.Silence.Std(),
		Limits: intake.Limits{Organizations: 10, UnknownOrganizations: 10, UsersPerOrganization: 2, ValuesPerDimension: 10},
	}, now.AddDate(0, 0, -3)) // so that it has lived through yesterday
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close(context.Background())) }()

	var batch usage.Batch
	extractor.Logs(logs(now), "", &batch)
	require.NoError(t, l.Record(t.Context(), now, &batch))
	c, err := l.Collect(t.Context(), now.Add(time.Minute))
	require.NoError(t, err)
	c = c.With("acme", usage.Figure{Series: usage.DeliveriesDue}, usage.Figure{Series: usage.DeliveriesFailed})
	return c.WithProcess(usage.Figure{Series: usage.CatalogueRefused}, usage.Figure{Series: usage.LedgerReady},
		usage.Figure{Series: usage.DamagedFiles}, usage.Figure{Series: usage.Scrubbed},
		usage.Figure{Series: &usage.Series{Name: usage.QueueLost.Name, Counter: true, Labels: []usage.Label{{Name: "reason"}}}},
		ofShard(usage.ShardOwns), ofShard(usage.ShardInfo, "replica", "service_instance_id"), ofShard(usage.ShardMapVersion), ofShard(usage.ShardMapRefused))
}

func logs(at time.Time) plog.Logs {
	request := plog.NewLogs()
	records := request.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, event := range events {
		record := records.AppendEmpty()
		record.SetEventName(event[0])
		record.SetTimestamp(pcommon.NewTimestampFromTime(at))
		record.Attributes().PutStr("organization.id", "acme")
		if event[1] != "" {
			record.Attributes().PutStr("user.id", event[1])
		}
		for i := 2; i < len(event); i += 2 {
			record.Attributes().PutStr(event[i], event[i+1])
		}
	}
	return request
}

// ofShard is a figure of a series as a shard writes it.
func ofShard(s *usage.Series, further ...string) usage.Figure {
	labels := []usage.Label{{Name: "shard", Value: "a"}}
	for _, name := range further {
		labels = append(labels, usage.Label{Name: name, Value: "b"})
	}
	return usage.Figure{Series: &usage.Series{Name: s.Name, Labels: labels}}
}
