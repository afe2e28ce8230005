// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package campaign is what the tests of faults and attacks share: how much of
// them runs, from which seed, under how much memory, and the table of what came
// of it, as docs/reliability.md has it.
//
// USAGE_CAMPAIGN=long runs the whole, or as much of each kind as
// USAGE_CAMPAIGN_MINUTES allow, USAGE_SEED=n repeats a run that failed, and
// USAGE_CAMPAIGN_TABLE names the file to which lines are added; `go run
// ./test/campaign/table FILE` prints it.
package campaign

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Long reports whether the whole is to run, which takes hours, and not a sample.
func Long() bool { return os.Getenv("USAGE_CAMPAIGN") == "long" }

// Pick returns the number for a sample, or for the whole.
func Pick(sample, whole int) int {
	if Long() {
		return whole
	}
	return sample
}

// Rounds counts the rounds of a sample, or of the whole, which ends before its
// number where USAGE_CAMPAIGN_MINUTES are over.
func Rounds(t *testing.T, sample, whole int) iter.Seq[int] {
	t.Helper()
	end := time.Now().Add(1000 * time.Hour)
	if text := os.Getenv("USAGE_CAMPAIGN_MINUTES"); text != "" && Long() {
		minutes, err := strconv.Atoi(text)
		require.NoError(t, err, "USAGE_CAMPAIGN_MINUTES")
		end = time.Now().Add(time.Duration(minutes) * time.Minute)
	}
	return func(yield func(int) bool) {
		for n := 0; n < Pick(sample, whole) && time.Now().Before(end) && yield(n); n++ {
		}
	}
}

// Random returns numbers from a seed that the log of the test has.
func Random(t *testing.T) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(seed(t, uint64(time.Now().UnixNano())), 0))
}

// Seed returns a seed that the log of the test has: for a sample, that is always the
// same one.
func Seed(t *testing.T, sample uint64) uint64 {
	t.Helper()
	if Long() {
		sample = uint64(time.Now().UnixNano())
	}
	return seed(t, sample)
}

// seed returns the one of USAGE_SEED, or the other.
func seed(t *testing.T, other uint64) uint64 {
	t.Helper()
	if text := os.Getenv("USAGE_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "USAGE_SEED")
		other = given
	}
	t.Logf("USAGE_SEED=%d repeats this", other)
	return other
}

// Line is what came of one kind of fault or attack.
type Line struct {
	What                 string
	Tried                int
	Lost, Double, Deaths int
	Longest              time.Duration // that anybody else waited
	Peak                 int           // of the process's memory, bytes
	Under                string        // what bounded its memory
	Note                 string
}

// Report adds a line to the table. It is called where all has been held against
// what should be: a test that fails has no line, but one that says so.
func Report(t *testing.T, l Line) {
	t.Helper()
	text, err := json.Marshal(l)
	require.NoError(t, err)
	t.Logf("%s", text)
	path := os.Getenv("USAGE_CAMPAIGN_TABLE")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.Write(append(text, '\n')) // one write: tests of several packages add to it
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// NotRun says in the table why something was not tried, and skips it.
func NotRun(t *testing.T, what, why string) {
	t.Helper()
	Report(t, Line{What: what, Note: "NOT RUN: " + why})
	t.Skip(why)
}

// Container bounds the memory of processes as one of Kubernetes or Docker does.
type Container struct {
	// Under says what bounds it, or loudly that nothing does.
	Under string
	procs string // file that takes numbers of processes
}

// groups are where memory groups are made, with the file of their limit.
var groups = []struct{ directory, limit string }{
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, // version 1
	{"/sys/fs/cgroup", "memory.max"},
}

// NewContainer makes a memory cgroup, which root may.
func NewContainer(t *testing.T, bytes int) *Container {
	t.Helper()
	c := &Container{Under: "NO MEMORY CGROUP: run as root where cgroups can be made"}
	for _, g := range groups {
		directory, err := os.MkdirTemp(g.directory, "otelcol-usage-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(directory) }) // a process that has just ended may keep it for a moment
		if put(filepath.Join(directory, g.limit), bytes) == nil {
			c.procs = filepath.Join(directory, "cgroup.procs")
			c.Under = fmt.Sprintf("cgroup of %d MiB", bytes>>20)
			return c
		}
	}
	t.Log(c.Under)
	return c
}

// Add puts a process into it.
func (c *Container) Add(t *testing.T, pid int) {
	t.Helper()
	if c.procs != "" {
		require.NoError(t, put(c.procs, pid))
	}
}

// put writes to a file that the system has made.
func put(path string, number int) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(strconv.Itoa(number))
	return errors.Join(err, file.Close())
}
