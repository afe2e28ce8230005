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
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience bounds the wait for a figure, which is there at the next whole
	// minute, on a machine that does other things at the same time.
	patience = 100 * time.Second
	// beat is how often a condition is looked at.
	beat = 20 * time.Millisecond
)

// Settings of a collector.
type Settings struct {
	// Directory holds its ledger and its store; "" makes one that goes with
	// the test.
	Directory string
	// Overlay is configuration in YAML that is laid over the default one.
	Overlay string
}

// overlay is what tests change of the default configuration.
const overlay = `
extensions:
  usage_ledger:
    directory: %[1]s/ledger
    catalogue: ""
    api: {endpoint: "localhost:0"}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "localhost:0"}
      http: {endpoint: "localhost:0"}
  usage: {interval: 1s}
exporters:
  tsdb: {directory: %[1]s/tsdb, endpoint: "localhost:0"}
service:
  extensions: [usage_ledger]
  telemetry: {logs: {disable_stacktrace: true}, metrics: {level: none}}
`

// Collector is a process. It is killed at the end of its test if it still runs.
type Collector struct {
	// GRPC and HTTP are where it takes OTLP, API where the ledger answers and
	// Store where PromQL does, each as host:port.
	GRPC, HTTP, API, Store string
	// Ledger is the ledger's directory.
	Ledger string

	command *exec.Cmd
	log     string        // file
	ended   chan struct{} // closed when the process has
	err     error         // of its end, once ended
}

// Start runs a collector and waits until it is ready.
func Start(t testing.TB, s Settings) *Collector {
	t.Helper()
	c := Launch(t, s)
	c.Eventually(t, func() error {
		select {
		case <-c.ended:
			require.FailNow(t, "the collector has ended", "%v\n%s", c.err, c.Log(t))
		default:
		}
		return c.ready(t)
	})
	return c
}

// Launch runs a collector that may refuse to start.
func Launch(t testing.TB, s Settings) *Collector {
	t.Helper()
	if s.Directory == "" {
		s.Directory = t.TempDir()
	}
	scratch := t.TempDir()
	c := &Collector{Ledger: filepath.Join(s.Directory, "ledger"), log: filepath.Join(scratch, "log"), ended: make(chan struct{})}
	log, err := os.Create(c.log)
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }() // the process has a copy

	c.command = exec.Command(program(t, "otelcol-usage"),
		"--config", filepath.Join(Root(t), "config", "default.yaml"),
		"--config", write(t, scratch, "base.yaml", fmt.Sprintf(overlay, s.Directory)),
		"--config", write(t, scratch, "overlay.yaml", s.Overlay)) // an empty one is fine
	c.command.Dir = scratch
	c.command.Stdout, c.command.Stderr = log, log
	require.NoError(t, c.command.Start())
	go func() {
		defer close(c.ended)
		c.err = c.command.Wait()
	}()
	t.Cleanup(func() {
		if c.Kill(); t.Failed() {
			t.Logf("log of the collector on %s:\n%s", c.Ledger, c.Log(t))
		}
	})
	return c
}

// program returns the path of a built program.
func program(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), "bin", name)
	require.FileExists(t, path, "run `make build` first")
	return path
}

// Root is the directory of the repository.
func Root(t testing.TB) string {
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

func write(t testing.TB, directory, name, text string) string {
	t.Helper()
	path := filepath.Join(directory, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// said is where the log names an address.
var said = map[string]*regexp.Regexp{
	"GRPC":  regexp.MustCompile(`Starting GRPC server.*"endpoint": "([^"]+)"`),
	"HTTP":  regexp.MustCompile(`Starting HTTP server.*"endpoint": "([^"]+)"`),
	"API":   regexp.MustCompile(`"usage API": "http://([^"/]+)/`),
	"Store": regexp.MustCompile(`Prometheus API serves.*"address": "([^"]+)"`),
	"ready": regexp.MustCompile(`(Everything is ready)`),
}

// ready finds the addresses in the log and asks the ledger.
func (c *Collector) ready(t testing.TB) error {
	log := c.Log(t)
	for what, into := range map[string]*string{"GRPC": &c.GRPC, "HTTP": &c.HTTP, "API": &c.API, "Store": &c.Store, "ready": new(string)} {
		match := said[what].FindStringSubmatch(log)
		if match == nil {
			return fmt.Errorf("the log does not say %s", said[what])
		}
		*into = match[1]
	}
	status, body, err := get("http://" + c.API + "/-/ready")
	if err != nil || status != 200 {
		return fmt.Errorf("/-/ready answers %d: %s (%w)", status, body, err)
	}
	return nil
}

// Log returns what the collector has written so far.
func (c *Collector) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(c.log)
	require.NoError(t, err)
	return string(text)
}

// Kill ends the process as a power failure of the process alone would: kill -9.
func (c *Collector) Kill() {
	_ = c.command.Process.Kill() // it may have ended by itself
	<-c.ended
}

// Terminate asks the process to end, without waiting for it.
func (c *Collector) Terminate(t testing.TB) {
	t.Helper()
	require.NoError(t, c.command.Process.Signal(syscall.SIGTERM))
}

// End waits for the process to end by itself and returns its exit code.
func (c *Collector) End(t testing.TB, limit time.Duration) int {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
		require.FailNow(t, "the collector goes on", "it should have ended within %s\n%s", limit, c.Log(t))
	}
	return c.command.ProcessState.ExitCode()
}

// Alive tells whether the process runs.
func (c *Collector) Alive() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// Eventually waits until a condition has no error. The last one fails the test
// where that takes longer than [patience], or than the collector lives.
func (c *Collector) Eventually(t testing.TB, condition func() error) {
	t.Helper()
	c.Within(t, patience, condition)
}

// Within is Eventually with a limit.
func (c *Collector) Within(t testing.TB, limit time.Duration, condition func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-c.ended:
			require.NoError(t, err, "and the collector has ended")
		case <-deadline.C:
			require.NoError(t, err, "after %s", limit)
		}
	}
}
