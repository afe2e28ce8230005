// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
)

// TestEveryYAMLBlockIsGood tells by the keys of a block what it is: meters, a
// catalogue, a builder's configuration, or (part of) a collector's. So no block
// can be left out.
func TestEveryYAMLBlockIsGood(t *testing.T) {
	for _, p := range pages(t) {
		for i, m := range fence.FindAllStringSubmatch(p.text, -1) {
			if m[1] != "yaml" {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", p.name, i), func(t *testing.T) {
				var block map[string]any
				require.NoError(t, yaml.Unmarshal([]byte(m[2]), &block))
				switch {
				case block["meters"] != nil:
					checkMeters(t, block)
				case block["organizations"] != nil:
					_, err := catalogue.Parse([]byte(m[2]))
					require.NoError(t, err)
				case block["shards"] != nil:
					_, err := shard.Parse("shards.yaml", []byte(m[2]))
					require.NoError(t, err)
				case strings.Contains(m[2], "gomod:"):
					checkBuilder(t, block)
				default:
					checkCollector(t, m[2])
				}
			})
		}
	}
}

// checkMeters judges a part of the ledger's configuration.
func checkMeters(t *testing.T, block map[string]any) {
	t.Helper()
	config, err := definition.FromMap(block)
	require.NoError(t, err)
	extraction, err := config.Extraction()
	require.NoError(t, err)
	_, err = extract.New(extraction)
	require.NoError(t, err)
}

// checkBuilder wants every component with the version that is built here.
func checkBuilder(t *testing.T, block map[string]any) {
	t.Helper()
	var known map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "builder-config.yaml").text), &known))
	for kind, components := range block {
		require.Subset(t, known[kind], components, kind)
	}
}

// checkCollector lets the collector judge a block: as it is where it has a
// ledger and pipelines, else over the default configuration.
func checkCollector(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "block.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	files := []string{file}
	if !strings.Contains("\n"+text, "\nextensions:") || !strings.Contains(text, "\n  pipelines:") {
		files = []string{"config/default.yaml", file}
	}
	validate(t, text, files...)
}

// TestTheConfigurationForCumulativeCountersIsGood over each one that it may
// stand beside.
func TestTheConfigurationForCumulativeCountersIsGood(t *testing.T) {
	for _, base := range []string{"config/default.yaml", "config/victoriametrics.yaml"} {
		validate(t, base, base, "config/cumulative.yaml")
	}
}

// environment are variables that have no default.
var environment = regexp.MustCompile(`\$\{env:([A-Z_]+)\}`)

func validate(t *testing.T, text string, files ...string) {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join(root, "bin/otelcol-usage"))
	require.NoError(t, err)
	require.FileExists(t, binary, "run `make build` first")
	arguments := []string{"validate"}
	for _, file := range files {
		arguments = append(arguments, "--config", file)
	}
	command := exec.Command(binary, arguments...)
	command.Dir = root
	command.Env = os.Environ()
	for _, m := range environment.FindAllStringSubmatch(text, -1) {
		command.Env = append(command.Env, m[1]+"=a value of the environment")
	}
	answer, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", answer, text)
}
