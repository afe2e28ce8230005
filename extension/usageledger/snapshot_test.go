// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/api"
)

func confOf(t *testing.T, text string) *confmap.Conf {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &m))
	return confmap.NewFromStringMap(m)
}

// sound is a configuration without doubts; tests change one of its parts.
const sound = `
receivers:
  otlp: {protocols: {grpc: {}, http: {endpoint: "0.0.0.0:4318"}}}
  usage: {ledger: usage_ledger}
processors: {usage: , batch: , tail_sampling: }
exporters: {nop: , tsdb: {endpoint: "127.0.0.1:9091"}}
service:
  extensions: [usage_ledger]
  pipelines:
    metrics/usage: {receivers: [usage], exporters: [tsdb]}
`

func TestASoundConfigurationRaisesNoDoubts(t *testing.T) {
	found, err := examine(confOf(t, sound+"    logs: {receivers: [otlp], processors: [usage, tail_sampling, batch], exporters: [nop]}\n"+
		"    traces: {receivers: [otlp], processors: [usage], exporters: [nop]}\n"), "usage_ledger")
	require.NoError(t, err)
	require.Equal(t, &api.Collector{OTLP: "http://localhost:4318", Store: "http://127.0.0.1:9091"}, found)
}

// The default configuration names no Alertmanager, since nobody knows which.
func TestShippedConfigurationsRaiseNoOtherDoubts(t *testing.T) {
	for name, want := range map[string][]string{
		"default":         {"alerts reach nobody: exporters::tsdb evaluates rules and names no Alertmanager; name one as exporters::tsdb::alertmanagers: [host:9093]"},
		"victoriametrics": nil,
	} {
		conf, err := confmaptest.LoadConf("../../config/" + name + ".yaml")
		require.NoError(t, err)
		found, err := examine(conf, "usage_ledger")
		require.NoError(t, err)
		require.Equal(t, want, found.Warnings, name)
	}
}

func TestDoubtsAreToldWithTheirRemedy(t *testing.T) {
	logs := "    logs: {receivers: [otlp], processors: [usage], exporters: [nop]}\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"batch before usage": {
			sound + "    logs: {receivers: [otlp], processors: [batch, usage], exporters: [nop]}\n",
			[]string{"pipeline logs: batch stands before usage, so senders are told that items are safe before they are counted: put it after usage"},
		},
		"sampler before usage": {
			sound + "    traces: {receivers: [otlp], processors: [tail_sampling, usage], exporters: [nop]}\n",
			[]string{"pipeline traces: tail_sampling stands before usage, so what it drops is not counted: put it after usage"},
		},
		"one receiver, two pipelines that count": {
			sound + logs + "    logs/2: {receivers: [otlp], processors: [usage], exporters: [nop]}\n",
			[]string{"pipelines logs and logs/2 both count what receiver otlp takes: every item is offered twice and an error of one pipeline hides the other's; count in one of them"},
		},
		"counted at the door and behind it": {
			strings.Replace(sound, "receivers:\n", "receivers:\n  usage_otlp: {}\n", 1) + "    logs: {receivers: [usage_otlp], processors: [usage], exporters: [nop]}\n",
			[]string{"pipeline logs: usage_otlp has counted what usage counts again: every item is offered twice; take the processor out, or receive by otlp"},
		},
		"counted at the door": {
			strings.Replace(sound, "receivers:\n", "receivers:\n  usage_otlp: {}\n", 1) + "    logs: {receivers: [usage_otlp], exporters: [nop]}\n", nil,
		},
		"nobody counts": {
			sound + "    logs: {receivers: [otlp], processors: [batch], exporters: [nop]}\n",
			[]string{"no pipeline counts into usage_ledger: receive it by a usage_otlp receiver, or add a usage processor to the pipelines that carry usage, with ledger: usage_ledger"},
		},
		"nobody reads": {
			"processors: {usage: }\nservice:\n  extensions: [usage_ledger]\n  pipelines:\n" + logs,
			[]string{"no pipeline reads the figures of usage_ledger: add a usage receiver with ledger: usage_ledger to a metrics pipeline"},
		},
		"alerts without an Alertmanager": {
			strings.Replace(sound, `tsdb: {`, `tsdb: {rule_files: ["rules/*.yaml"], `, 1) + logs,
			[]string{"alerts reach nobody: exporters::tsdb evaluates rules and names no Alertmanager; name one as exporters::tsdb::alertmanagers: [host:9093]"},
		},
		"alerts with one": {
			strings.Replace(sound, `tsdb: {`, `tsdb: {rule_files: ["rules/*.yaml"], alertmanagers: ["am:9093"], `, 1) + logs, nil,
		},
		"another ledger's are not mine": {
			"processors: {usage: {ledger: usage_ledger/b}}\nreceivers: {usage: {ledger: usage_ledger/b}}\n" +
				"service:\n  extensions: [usage_ledger, usage_ledger/b]\n  pipelines:\n    metrics: {receivers: [usage]}\n" + logs,
			[]string{
				"no pipeline counts into usage_ledger: receive it by a usage_otlp receiver, or add a usage processor to the pipelines that carry usage, with ledger: usage_ledger",
				"no pipeline reads the figures of usage_ledger: add a usage receiver with ledger: usage_ledger to a metrics pipeline",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := examine(confOf(t, test.text), "usage_ledger")
			require.NoError(t, err)
			require.Equal(t, test.want, found.Warnings)
		})
	}
}

func TestLedgersThatDoNotRunAreRefused(t *testing.T) {
	_, err := examine(confOf(t, "processors: {usage/eu: {ledger: usage_ledger/eu}}\nreceivers: {usage: {ledger: health_check}}\nservice: {extensions: [usage_ledger, health_check]}"), "usage_ledger")
	require.EqualError(t, err, `processors::usage/eu::ledger: "usage_ledger/eu": no such ledger runs; use one of service::extensions (usage_ledger) or add it there`+"\n"+
		`receivers::usage::ledger: "health_check": no such ledger runs; use one of service::extensions (usage_ledger) or add it there`)
}

func TestDoubtsReachLogAndPage(t *testing.T) {
	e, logs := started(t, configure(t, oneMeter), &fakeBook{})
	conf := confOf(t, "service: {extensions: [usage_ledger]}")
	require.NoError(t, e.NotifyConfigSnapshot(t.Context(), extensioncapabilities.NewConfigSnapshot(conf, conf)))
	require.Len(t, e.collector.Load().Warnings, 2)
	require.Equal(t, 2, logs.FilterMessage("doubtful collector configuration").Len())
	require.Contains(t, get(t, e, "/").Body.String(), "no pipeline counts into usage_ledger")
}
