// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector runs the built bin/otelcol-usage for tests: with
// config/default.yaml, a directory of its own and ports that the system
// chooses, so that any number of them run side by side.
//
//	c := collector.Start(t, collector.Settings{})
//	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "acme", Action: "api.called", Time: at}))
//	items, err := c.Items()                               // of now
//	c.Eventually(t, func() error { ... c.Figures(...) })  // of whole minutes
//
// A figure follows its event at the next whole minute, so tests that wait for
// figures run in parallel.
package collector

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Settings of a collector.
type Settings struct {
	// Directory holds its ledger and its store; "" makes one that goes with
	// the test.
	Directory string
	// Overlay is configuration in YAML that is laid over the default one.
	Overlay string
	// Umask, as the shell has it, hides rights of files that it makes; "" leaves
	// what the tests have.
	Umask string
}

// overlay is what tests change of the default configuration.
const overlay = `
extensions:
  usage_ledger:
    directory: %[1]s/ledger
    catalogue: ""
    api: {endpoint: "localhost:0"}
receivers:
  usage_otlp:
    protocols:
      grpc: {endpoint: "localhost:0"}
      http: {endpoint: "localhost:0"}
  usage: {interval: 1s}
exporters:
  tsdb: {directory: %[1]s/tsdb, endpoint: "localhost:0", rule_files: ["%[2]s/rules/*.yaml"]}
service:
  extensions: [usage_ledger]
  telemetry: {logs: {disable_stacktrace: true}, metrics: {level: none}}
`

// Collector is a collector that runs.
type Collector struct {
	*Process
	// GRPC and HTTP are where it takes OTLP, API where the ledger answers and
	// Store where PromQL does, each as host:port.
	GRPC, HTTP, API, Store string
	// Ledger is the ledger's directory.
	Ledger string

	overlay string // file
}

// Start runs a collector and waits until it is ready.
func Start(t *testing.T, s Settings) *Collector {
	t.Helper()
	c := Launch(t, s)
	c.Eventually(t, func() error { return c.ready(t) })
	return c
}

// Launch runs a collector that may refuse to start.
func Launch(t *testing.T, s Settings) *Collector {
	t.Helper()
	if s.Directory == "" {
		s.Directory = t.TempDir()
	}
	scratch := t.TempDir()
	command := exec.Command(program(t, "otelcol-usage"))
	for _, config := range []string{
		filepath.Join(Root(t), "config", "default.yaml"),
		write(t, scratch, "base.yaml", fmt.Sprintf(overlay, s.Directory, Root(t))),
		write(t, scratch, "overlay.yaml", s.Overlay), // an empty one is fine
	} {
		command.Args = append(command.Args, "--config", config)
	}
	command.Dir = scratch
	if s.Umask != "" { // which a process has, and not a command
		command.Args = append([]string{"sh", "-c", `umask "$0" && exec "$@"`, s.Umask}, command.Args...)
		shell, err := exec.LookPath("sh")
		require.NoError(t, err)
		command.Path = shell
	}
	return &Collector{Process: Run(t, command), Ledger: filepath.Join(s.Directory, "ledger"), overlay: filepath.Join(scratch, "overlay.yaml")}
}

// Configure replaces the overlay, which the collector does not read by itself.
func (c *Collector) Configure(t *testing.T, overlay string) {
	t.Helper()
	require.NoError(t, os.WriteFile(c.overlay, []byte(overlay), 0o600))
}

// Validate runs `otelcol-usage validate` on the configuration as it is now. An
// error has what it wrote.
func (c *Collector) Validate(t *testing.T) error {
	t.Helper()
	command := exec.CommandContext(t.Context(), c.command.Path, append([]string{"validate"}, c.command.Args[1:]...)...)
	command.Dir = c.command.Dir
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("validate: %w: %s", err, text)
	}
	return nil
}

// Usagectl runs a command line of the built usagectl. An error has what it
// wrote to stderr.
func Usagectl(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.CommandContext(t.Context(), program(t, "usagectl"), args...)
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("usagectl %s: %w: %s", args[0], err, errs.String())
	}
	return out.String(), nil
}

// program returns the path of a built program.
func program(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "bin", name)
	require.FileExists(t, path, "run `make build` first")
	return path
}

// Root is the directory of the repository.
func Root(t *testing.T) string {
	t.Helper()
	directory, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(directory, "builder-config.yaml")); err == nil {
			return directory
		}
		require.NotEqual(t, directory, filepath.Dir(directory), "outside of the repository")
		directory = filepath.Dir(directory)
	}
}

func write(t *testing.T, directory, name, text string) string {
	t.Helper()
	path := filepath.Join(directory, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// What the log says once the collector runs.
var (
	isReady = regexp.MustCompile(`(Everything is ready)`)
	onGRPC  = regexp.MustCompile(`Starting GRPC server.*"endpoint": "([^"]+)"`)
	onHTTP  = regexp.MustCompile(`Starting HTTP server.*"endpoint": "([^"]+)"`)
	onAPI   = regexp.MustCompile(`"usage API": "http://([^"/]+)/`)
	onStore = regexp.MustCompile(`Prometheus API serves.*"address": "([^"]+)"`)
)

// ready finds the addresses in the log and asks the ledger.
func (c *Collector) ready(t *testing.T) error {
	t.Helper()
	if _, err := c.Said(t, isReady); err != nil {
		return err
	}
	for expression, into := range map[*regexp.Regexp]*string{onGRPC: &c.GRPC, onHTTP: &c.HTTP, onAPI: &c.API, onStore: &c.Store} {
		said, err := c.Said(t, expression)
		if err != nil {
			return err
		}
		*into = said
	}
	status, body, err := get("http://" + c.API + "/-/ready")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("/-/ready answers %d: %s", status, body)
	}
	return err
}
