// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"fmt"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestATornLogIsRepairedBeforeAnythingElseIsWritten lets the kernel refuse a
// write in the middle of a record that spans pages of the log, as a disk does
// that another process has just filled. Without the repair the log would end,
// for the next start, where it is torn.
func TestATornLogIsRepairedBeforeAnythingElseIsWritten(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, Settings{Directory: dir})
	require.NoError(t, store.Write(figures(noon, 1)))

	wide := figures(noon.Add(time.Minute), 2)
	for i := range 5000 { // their names alone are some 200 KiB, more than compression hides
		series := &usage.Series{Name: "usage_quota_limit", Labels: []usage.Label{{Name: "meter", Value: fmt.Sprintf("%x", i*7919*i)}}}
		wide.Organizations[0].Figures = append(wide.Organizations[0].Figures, usage.Figure{Series: series, Value: 1})
	}
	limitFileSize(t, 40<<10, func() {
		require.ErrorContains(t, store.Write(wide), "file too large")
	})
	require.True(t, store.append.damaged)
	require.Equal(t, []string{activeUsersLine + " 1@0m"}, dump(t, store), "queries go on, and see nothing of what failed")

	require.NoError(t, store.Write(wide), "the same call may be repeated")
	require.NoError(t, store.Write(figures(noon.Add(2*time.Minute), 3)))
	require.Contains(t, dump(t, store), activeUsersLine+" 1@0m 2@1m 3@2m")
	before := dump(t, store)
	require.NoError(t, store.Close())

	require.Equal(t, before, dump(t, openStore(t, Settings{Directory: dir})))
}

// limitFileSize runs f while no file of this process can grow beyond bytes.
func limitFileSize(t *testing.T, bytes uint64, f func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }()
	f()
}
