// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

const (
	directory = "otelcol-usage"
	release   = "usage"
	namespace = "metering"
)

// TestMain leaves out what Helm logs of each link whenever it loads the chart.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// variants are values that an operator would write, by what they are of.
func variants(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]map[string]any{"default": {}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		values := map[string]any{}
		require.NoError(t, yaml.UnmarshalStrict(text, &values), file)
		all[strings.TrimSuffix(filepath.Base(file), ".yaml")] = values
	}
	return all
}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(directory)
	require.NoError(t, err)
	return c
}

// render returns the manifests by file, as `helm install` sends them.
func render(t *testing.T, c *chart.Chart, values map[string]any) (map[string]string, error) {
	t.Helper()
	options := chartutil.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// manifests renders and decodes.
func manifests(t *testing.T, values map[string]any) *objects {
	t.Helper()
	files, err := render(t, load(t), values)
	require.NoError(t, err)
	all := &objects{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			require.NotContains(t, files[name], "<no value>")
			continue
		}
		for _, text := range releaseutil.SplitManifests(files[name]) {
			all.add(t, text)
		}
	}
	return all
}

func TestHelmFindsNothingToSay(t *testing.T) {
	for name, values := range variants(t) {
		t.Run(name, func(t *testing.T) {
			for _, m := range lint.AllWithKubeVersion(directory, values, namespace, nil).Messages {
				if m.Severity == support.InfoSev && strings.Contains(m.Err.Error(), "icon is recommended") {
					continue // there is none
				}
				t.Errorf("%s", m)
			}
		})
	}
}

// TestConfigurationsAreThoseOfTheRepository holds the chart's files, which are
// links, to what they lead to, also where a checkout has made files of them.
func TestConfigurationsAreThoseOfTheRepository(t *testing.T) {
	seen := 0
	for _, f := range load(t).Files {
		linked, isLinked := strings.CutPrefix(f.Name, "files/")
		if !isLinked {
			continue
		}
		if rest, isDashboard := strings.CutPrefix(linked, "dashboards/"); isDashboard {
			linked = "dashboards/json/" + rest
		}
		seen++
		original, err := os.ReadFile(filepath.Join("..", "..", linked))
		require.NoError(t, err)
		require.Equal(t, string(original), string(f.Data), f.Name)
	}
	require.Greater(t, seen, 10)

	all := manifests(t, map[string]any{})
	require.Equal(t, read(t, "config/default.yaml"), strings.TrimPrefix(all.config(t, "usage-otelcol-usage-config", "base.yaml"), "\n"))
	scaled := manifests(t, variants(t)["scale"])
	for file, original := range map[string]string{
		"base.yaml": "config/victoriametrics.yaml", "container.yaml": "config/container.yaml",
		"shard.yaml": "config/scale/shard.yaml", "gateway.yaml": "config/scale/gateway.yaml",
	} {
		require.Equal(t, read(t, original), strings.TrimPrefix(scaled.config(t, "usage-otelcol-usage-config", file), "\n"), file)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	require.NoError(t, err)
	return string(text)
}

// TestThePageShowsValuesThatRender takes the values of the chart's README.
func TestThePageShowsValuesThatRender(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(read(t, "deploy/helm/otelcol-usage/README.md"), -1)
	require.GreaterOrEqual(t, len(blocks), 3)
	for _, block := range blocks {
		values := map[string]any{}
		require.NoError(t, yaml.UnmarshalStrict([]byte(block[1]), &values), block[1])
		require.NotEmpty(t, manifests(t, values).pods(), block[1])
	}
}

// TestWhatIsReadAgainStartsNoPod changes what the collector follows by itself, the
// map and the catalogue, and what it does not.
func TestWhatIsReadAgainStartsNoPod(t *testing.T) {
	templates := func(change func(scale map[string]any, values map[string]any)) string {
		values := variants(t)["scale"]
		change(values["scale"].(map[string]any), values)
		text, err := yaml.Marshal(manifests(t, values).pods())
		require.NoError(t, err)
		return string(text)
	}
	before := templates(func(map[string]any, map[string]any) {})
	require.Equal(t, before, templates(func(scale, values map[string]any) {
		scale["version"], scale["pins"] = 4, map[string]any{"globex": "b"}
		scale["shards"].([]any)[0].(map[string]any)["virtual"] = "00-3f"
		values["catalogue"] = map[string]any{"inline": map[string]any{"organizations": []any{map[string]any{"id": "acme"}}}}
	}))
	require.NotEqual(t, before, templates(func(_, values map[string]any) {
		values["config"] = map[string]any{"extensions": map[string]any{"usage_ledger": map[string]any{"grace": "4d"}}}
	}))
}

// TestTheOperatorsRulesAreThoseOfTheFiles reads them by another parser than Helm's.
func TestTheOperatorsRulesAreThoseOfTheFiles(t *testing.T) {
	rules := manifests(t, variants(t)["remote-write"]).rules
	require.Len(t, rules, 3)
	for _, r := range rules {
		name := strings.TrimPrefix(r.Name, "usage-otelcol-usage-")
		var original, rendered any
		require.NoError(t, yamlv3.Unmarshal([]byte(read(t, "rules/"+name+".yaml")), &original))
		text, err := yaml.Marshal(r.Spec)
		require.NoError(t, err)
		require.NoError(t, yamlv3.Unmarshal(text, &rendered))
		require.Equal(t, original, rendered, name)
	}
}

// TestAReleaseHasOneVersion holds what names the version to each other: the release
// is made of one commit.
func TestAReleaseHasOneVersion(t *testing.T) {
	var builder struct {
		Dist struct{ Version string }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "builder-config.yaml")), &builder))
	c := load(t)
	require.Equal(t, builder.Dist.Version, c.Metadata.Version, "Chart.yaml: version, and dist::version of builder-config.yaml")
	require.Equal(t, builder.Dist.Version, c.Metadata.AppVersion, "Chart.yaml: appVersion, and dist::version of builder-config.yaml")
}

func TestWhatCannotRunIsRefused(t *testing.T) {
	scale := func(change func(map[string]any)) map[string]any {
		values := variants(t)["scale"]
		change(values)
		return values
	}
	for want, values := range map[string]map[string]any{
		"remoteWrite.endpoint: \"\": shards write to one store": scale(func(v map[string]any) { delete(v, "remoteWrite") }),
		"kafka.brokers: []: name the brokers":                   scale(func(v map[string]any) { delete(v, "kafka") }),
		"scale.key.existingSecret: \"\": name a Secret":         scale(func(v map[string]any) { delete(v["scale"].(map[string]any), "key") }),
		`scale.shards: "a": two shards have this name`: scale(func(v map[string]any) {
			v["scale"].(map[string]any)["shards"] = []any{shard("a", "00-7f"), shard("a", "80-ff")}
		}),
		`scale.pins.acme: "z": no shard has this name`:                 scale(func(v map[string]any) { v["scale"].(map[string]any)["pins"] = map[string]any{"acme": "z"} }),
		`catalogue.existingSecret: "b": there is an existingConfigMap`: {"catalogue": map[string]any{"existingConfigMap": "a", "existingSecret": "b"}},
		"meters: there is a configFile as well":                        {"meters": map[string]any{"x": map[string]any{}}, "configFile": "extensions: {}"},
		"prometheusRule.enabled: true: the embedded store":             {"prometheusRule": map[string]any{"enabled": true}},
		"replicaCount": {"replicaCount": 2},
		"mode":         {"mode": "cluster"},
	} {
		_, err := render(t, load(t), values)
		require.ErrorContains(t, err, want, fmt.Sprint(values))
	}
}

func shard(name, virtual string) map[string]any {
	return map[string]any{"name": name, "virtual": virtual}
}
