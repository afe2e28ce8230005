// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func load(t *testing.T, section *confmap.Conf) (*Config, error) {
	t.Helper()
	config := createDefaultConfig().(*Config)
	if err := section.Unmarshal(config); err != nil {
		return nil, err
	}
	return config, confmap.Validate(config)
}

func TestDefaultConfig(t *testing.T) {
	config, err := load(t, confmap.New())
	require.NoError(t, err)
	require.Equal(t, "./data/tsdb", config.Directory)
	require.Equal(t, 400*24*time.Hour, config.Retention.Std())
	require.Equal(t, "localhost:9090", config.API.NetAddr.Endpoint)
	require.False(t, config.Queue.HasValue(), "the sender waits until its metrics are stored")
	require.True(t, config.Retry.Enabled)
}

// TestExampleOfTheReadme reads the full example that the README shows.
func TestExampleOfTheReadme(t *testing.T) {
	example, err := confmaptest.LoadConf("testdata/config.yaml")
	require.NoError(t, err)
	section, err := example.Sub("exporters::tsdb")
	require.NoError(t, err)
	config, err := load(t, section)
	require.NoError(t, err)
	require.Equal(t, "/var/lib/otelcol-usage/tsdb", config.Directory)
	require.Equal(t, 800*24*time.Hour, config.Retention.Std())
	require.Equal(t, []string{"/etc/otelcol-usage/rules/*.yaml"}, config.RuleFiles)
	require.Equal(t, []string{"alertmanager-1:9093", "alertmanager-2:9093"}, config.Alertmanagers)
	require.Equal(t, "https://grafana.example.com", config.ExternalURL)
	require.Equal(t, "0.0.0.0:9090", config.API.NetAddr.Endpoint)
	require.Equal(t, "bearertokenauth", config.API.Auth.Get().Config.AuthenticatorID.String())
	require.Equal(t, "/etc/otelcol-usage/tls.crt", config.API.TLS.Get().CertFile)
	require.Equal(t, []string{"https://grafana.example.com"}, config.API.CORS.Get().AllowedOrigins)
	require.EqualValues(t, 60, config.Queue.Get().QueueSize)
	require.Equal(t, 1, config.Queue.Get().NumConsumers)
	require.Equal(t, time.Hour, config.Retry.MaxElapsedTime)
}

func TestBadConfigIsRefusedWithKeyValueAndRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		values map[string]any
		want   []string
	}{
		"short retention":      {map[string]any{"retention": "1h"}, []string{"retention", "1h is too short", "write 1d or longer"}},
		"retention no unit":    {map[string]any{"retention": "400"}, []string{"retention", `"400" is not a duration`, "35d"}},
		"no directory":         {map[string]any{"directory": ""}, []string{"directory", `""`, "./data/tsdb"}},
		"no endpoint":          {map[string]any{"endpoint": ""}, []string{"endpoint", "localhost:9090"}},
		"unknown key":          {map[string]any{"rules": []any{"rules/*.yaml"}}, []string{"rules"}},
		"bad alertmanager":     {map[string]any{"alertmanagers": []any{"am:9093", "am"}}, []string{"alertmanagers[1]", `"am"`, "host:port"}},
		"bad external url":     {map[string]any{"external_url": "grafana"}, []string{"external_url", `"grafana"`, "http://localhost:3000"}},
		"unknown key of tls":   {map[string]any{"tls": map[string]any{"certificate": "x"}}, []string{"tls", "certificate"}},
		"unknown key of retry": {map[string]any{"retry_on_failure": map[string]any{"forever": true}}, []string{"retry_on_failure", "forever"}},
		"unknown key of queue": {map[string]any{"sending_queue": map[string]any{"length": 5}}, []string{"sending_queue", "length"}},
		"unknown key of query": {map[string]any{"query": map[string]any{"length": 5}}, []string{"query", "length"}},
		"a URL for a host":     {map[string]any{"allowed_hosts": []any{"http://a.example"}}, []string{"allowed_hosts[0]", "http://a.example", "without scheme"}},
		"more than all time":   {map[string]any{"query": map[string]any{"principal_share": 1.5}}, []string{"query", "principal_share: 1.5", "more than 0 and at most 1"}},
		"a burst of less":      {map[string]any{"query": map[string]any{"principal_burst": "-1s"}}, []string{"query", "principal_burst: -1s", "write it as 2s, or 0s for none"}},
		"no time":              {map[string]any{"query": map[string]any{"principal_timeout": "0s"}}, []string{"query", "principal_timeout: 0s", "write it as 5s"}},
		"no memory":            {map[string]any{"query": map[string]any{"max_memory_mib": 0}}, []string{"query", "max_memory_mib: 0", "write 1 or more"}},
		"bad queue":            {map[string]any{"sending_queue": map[string]any{"queue_size": 0}}, []string{"sending_queue", "queue_size"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, confmap.NewFromStringMap(c.values))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}
