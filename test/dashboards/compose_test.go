// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

// TestProvisioningFitsDockerCompose: Grafana reads the directory that
// docker-compose.yml mounts, loads the plugin of its image, and asks the store
// and the usage API that it runs, on behalf of people whom the catalogue knows.
func TestProvisioningFitsDockerCompose(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Volumes, Command, Ports []string
			Environment             map[string]string
			Build                   any
		}
	}
	readYAML(t, "docker-compose.yml", &compose)
	grafana := compose.Services["grafana"]
	require.Contains(t, grafana.Volumes, "./dashboards/provisioning:/etc/grafana/provisioning:ro")
	plugins := grafana.Environment["GF_PATHS_PLUGINS"]
	require.Equal(t, "plugin/Dockerfile", grafana.Build.(map[string]any)["dockerfile"])
	image, err := os.ReadFile(filepath.Join(root, "plugin", "Dockerfile"))
	require.NoError(t, err)

	var apps struct {
		Apps []struct {
			Type     string
			Disabled bool
		}
	}
	readYAML(t, "dashboards/provisioning/plugins/usage.yaml", &apps)
	require.Len(t, apps.Apps, 1)
	require.False(t, apps.Apps[0].Disabled)
	home := plugins + "/" + apps.Apps[0].Type
	require.Contains(t, string(image), "COPY --from=pages /plugin "+home+"\n")
	require.Contains(t, string(image), "COPY --from=backend /backend "+home+"/datasource\n")

	var providers struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	readYAML(t, "dashboards/provisioning/dashboards/usage.yaml", &providers)
	require.Len(t, providers.Providers, 1)
	require.Equal(t, "file", providers.Providers[0].Type)
	require.Equal(t, home+"/dashboards", providers.Providers[0].Options.Path)

	var datasources struct {
		Datasources []struct {
			Type, URL string
			JSONData  struct{ Store string } `yaml:"jsonData"`
		}
	}
	readYAML(t, "dashboards/provisioning/datasources/usage.yaml", &datasources)
	require.Len(t, datasources.Datasources, 1, "with another one people would see every organization")
	of := datasources.Datasources[0]
	for _, id := range []string{apps.Apps[0].Type, of.Type} {
		require.Contains(t, strings.Split(grafana.Environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"], ","), id)
	}
	store, err := url.Parse(of.URL)
	require.NoError(t, err)
	require.Contains(t, compose.Services[store.Hostname()].Command, "-httpListenAddr=:"+store.Port())

	people, err := catalogue.Load(filepath.Join(root, "config", "organizations.yaml"), nil)
	require.NoError(t, err)
	for _, email := range []string{grafana.Environment["GF_SECURITY_ADMIN_EMAIL"], "jane@example.com"} {
		require.True(t, slices.ContainsFunc(people.Principals, func(p catalogue.Principal) bool { return p.Claim == "email" && p.Value == email }), email)
	}
	script, err := os.ReadFile(filepath.Join(root, "plugin", "people.sh"))
	require.NoError(t, err)
	require.Contains(t, string(script), "jane@example.com")
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), path)
}
