// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package distribution

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// patience is for a machine that compiles other things at the same time.
const patience = 2 * time.Minute

func TestAForeignDistributionTakesOurComponents(t *testing.T) {
	program := build(t)

	t.Run("and lists them", func(t *testing.T) {
		require.Subset(t, components(t, program), []string{
			"receivers/usage", "processors/usage", "exporters/tsdb", "extensions/usage_ledger",
			"receivers/otlp", "exporters/debug",
		})
	})

	t.Run("and runs them", func(t *testing.T) {
		config, err := filepath.Abs(filepath.Join("testdata", "collector.yaml"))
		require.NoError(t, err)
		c := start(t, program, config)
		api := c.found(t, `"usage API": "([^"]+)"`)
		otlp := "http://" + c.found(t, `Starting HTTP server.*"endpoint": "([^"]+)"`)

		require.Equal(t, http.StatusOK, post(t, otlp+"/v1/logs", event(time.Now())))
		require.Contains(t, get(t, api+"/organizations"), `"acme"`)
		c.stop(t)
	})
}

// build makes the distribution in a folder of its own, so that no two runs
// meet; what it compiles comes from Go's build cache when warm.
func build(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	dist := filepath.Join(t.TempDir(), "foreign")
	require.NoError(t, os.Mkdir(dist, 0o750))

	template, err := os.ReadFile(filepath.Join("testdata", "builder-config.yaml"))
	require.NoError(t, err)
	places := map[string]string{"ROOT": root, "DIST": dist}
	config := filepath.Join(t.TempDir(), "builder-config.yaml")
	require.NoError(t, os.WriteFile(config, []byte(os.Expand(string(template), func(name string) string { return places[name] })), 0o600))

	run(t, root, "go", "tool", "-modfile=tools/go.mod", "builder", "--skip-compilation", "--config", config)
	run(t, dist, "go", "build", "-ldflags=-s -w", "-o", "foreign", ".")
	return filepath.Join(dist, "foreign")
}

// components returns what the program says it has, as kind/type.
func components(t *testing.T, program string) []string {
	t.Helper()
	var listed map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal(run(t, t.TempDir(), program, "components"), &listed))
	var names []string
	for kind, node := range listed {
		var entries []struct{ Name string }
		if node.Decode(&entries) != nil {
			continue // buildinfo is no list
		}
		for _, entry := range entries {
			names = append(names, kind+"/"+entry.Name)
		}
	}
	return names
}

// collector is a running program, and what it has written to its log.
type collector struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	log   strings.Builder
}

// start runs the program until it says that it is ready.
func start(t *testing.T, program, config string) *collector {
	t.Helper()
	c := &collector{cmd: exec.CommandContext(t.Context(), program, "--config", config)}
	c.cmd.Dir = t.TempDir()
	output, err := c.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	deadline := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() }) // it may have ended by itself
	t.Cleanup(func() { deadline.Stop() })

	c.lines = bufio.NewScanner(output)
	for c.next() {
		if strings.Contains(c.lines.Text(), "Everything is ready") {
			return c
		}
	}
	_ = c.cmd.Wait() // that it ended is what the next line tells
	require.Fail(t, "ended, or was not ready in time", "%s\n%s", patience, &c.log)
	return nil
}

func (c *collector) next() bool {
	more := c.lines.Scan()
	c.log.WriteString(c.lines.Text() + "\n")
	return more
}

// stop tells the program to end and requires that it does so well.
func (c *collector) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	for more := true; more; { // Wait requires that the log is read to its end
		more = c.next()
	}
	require.NoError(t, c.cmd.Wait(), "%s", &c.log)
}

// found returns what an expression's group matched in the log.
func (c *collector) found(t *testing.T, expression string) string {
	t.Helper()
	match := regexp.MustCompile(expression).FindStringSubmatch(c.log.String())
	require.NotNil(t, match, "no %s in\n%s", expression, &c.log)
	return match[1]
}

// event is a log record, in OTLP, that the configuration counts.
func event(at time.Time) string {
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","eventName":"api.called",`+
		`"attributes":[{"key":"organization.id","value":{"stringValue":"acme"}}]}]}]}]}`, at.UnixNano())
}

// client keeps no connection, so that none outlives the test.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

func post(t *testing.T, url, body string) int {
	t.Helper()
	response, err := client.Post(url, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := client.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body)
}

func run(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var problems strings.Builder
	cmd.Stderr = &problems
	output, err := cmd.Output()
	require.NoError(t, err, "%s %s\n%s%s", name, strings.Join(args, " "), output, problems.String())
	return output
}
