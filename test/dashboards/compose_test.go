// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// TestProvisioningFitsDockerCompose: Grafana reads the directory that
// docker-compose.yml mounts, and asks the store that it runs.
func TestProvisioningFitsDockerCompose(t *testing.T) {
	var compose struct {
		Services map[string]struct{ Volumes, Command []string }
	}
	readYAML(t, "docker-compose.yml", &compose)
	grafana := compose.Services["grafana"]
	require.Contains(t, grafana.Volumes, "./dashboards/provisioning:/etc/grafana/provisioning:ro")

	var providers struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	readYAML(t, "dashboards/provisioning/dashboards/usage.yaml", &providers)
	require.Len(t, providers.Providers, 1)
	require.Equal(t, "file", providers.Providers[0].Type)
	require.Contains(t, grafana.Volumes, "./dashboards/json:"+providers.Providers[0].Options.Path+":ro")

	var datasources struct {
		Datasources []struct{ Type, URL string }
	}
	readYAML(t, "dashboards/provisioning/datasources/usage.yaml", &datasources)
	require.Len(t, datasources.Datasources, 1)
	require.Equal(t, "prometheus", datasources.Datasources[0].Type)
	store, err := url.Parse(datasources.Datasources[0].URL)
	require.NoError(t, err)
	require.Contains(t, compose.Services[store.Hostname()].Command, "-httpListenAddr=:"+store.Port())
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), path)
}
