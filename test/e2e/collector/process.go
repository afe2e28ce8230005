// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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

// Process is a program that runs beside a test. It is killed at the test's end
// if it still runs.
type Process struct {
	command *exec.Cmd
	log     string        // file
	ended   chan struct{} // closed when the process has
}

// Run starts a program whose output becomes its log.
func Run(t *testing.T, command *exec.Cmd) *Process {
	t.Helper()
	p := &Process{command: command, log: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }() // the process has a copy
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	go func() {
		defer close(p.ended)
		_ = command.Wait() // ProcessState has it
	}()
	t.Cleanup(func() {
		if p.Kill(); t.Failed() {
			t.Logf("log of %s:\n%s", command, p.Log(t))
		}
	})
	return p
}

// Log returns what it has written so far.
func (p *Process) Log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.log)
	require.NoError(t, err)
	return string(text)
}

// Said returns what the group of an expression matched in the log.
func (p *Process) Said(t *testing.T, expression *regexp.Regexp) (string, error) {
	t.Helper()
	match := expression.FindStringSubmatch(p.Log(t))
	if match == nil {
		return "", fmt.Errorf("the log does not say %s", expression)
	}
	return match[1], nil
}

// Kill ends the process as a power failure of the process alone would: kill -9.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended by itself
	<-p.ended
}

// Terminate asks the process to end, without waiting for it.
func (p *Process) Terminate(t *testing.T) {
	t.Helper()
	require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
}

// Hangup asks the process to read its configuration anew.
func (p *Process) Hangup(t *testing.T) {
	t.Helper()
	require.NoError(t, p.command.Process.Signal(syscall.SIGHUP))
}

// Pause stops the process as a frozen machine would, for as long as it takes.
func (p *Process) Pause(t *testing.T, duration time.Duration) {
	t.Helper()
	require.NoError(t, p.command.Process.Signal(syscall.SIGSTOP))
	<-time.After(duration)
	require.NoError(t, p.command.Process.Signal(syscall.SIGCONT))
}

// End waits for the process to end by itself and returns its exit code.
func (p *Process) End(t *testing.T, limit time.Duration) int {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		require.FailNow(t, "the process goes on", "it should have ended within %s\n%s", limit, p.Log(t))
	}
	return p.command.ProcessState.ExitCode()
}

// Alive reports whether the process runs.
func (p *Process) Alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Eventually waits until a condition has no error. The last one fails the test
// where that takes longer than [patience], or than the process lives.
func (p *Process) Eventually(t *testing.T, condition func() error) {
	t.Helper()
	p.Within(t, patience, condition)
}

// Within is Eventually with a limit.
func (p *Process) Within(t *testing.T, limit time.Duration, condition func() error) {
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
		case <-p.ended:
			require.NoError(t, err, "and the process has ended: %s", p.command.ProcessState)
		case <-deadline.C:
			require.NoError(t, err, "after %s", limit)
		}
	}
}

// Pid returns the number of the process.
func (p *Process) Pid() int { return p.command.Process.Pid }

// Memory is what a process has of the machine's, in bytes.
type Memory struct{ Now, Peak int }

// Memory asks the system, which is Linux.
func (p *Process) Memory(t *testing.T) (m Memory) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			m.Peak = kib << 10
		}
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			m.Now = kib << 10
		}
	}
	require.NotZero(t, m.Peak)
	return m
}
