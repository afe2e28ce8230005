// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// on returns the settings of a collector whose ledger is in a directory.
func on(directory string) collector.Settings {
	return collector.Settings{Overlay: fmt.Sprintf("extensions: {usage_ledger: {directory: %s/ledger}}", directory)}
}

// counts waits until documents are acknowledged, and requires that all that were
// are counted.
func (s *sender) counts(t *testing.T) {
	t.Helper()
	s.acknowledged(t)
	s.holds(t)
}

// refuses waits until documents are refused for a reason, which /-/ready says.
func (s *sender) refuses(t *testing.T, why string) {
	t.Helper()
	s.c.Within(t, soon, func() error {
		status, err := s.once(t.Context(), s.crowd()...)
		if err == nil && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("answered %d", status)
		}
		return err
	})
	s.c.Within(t, soon, func() error {
		if status, body := s.c.Get(t, "/-/ready"); status != http.StatusServiceUnavailable {
			return fmt.Errorf("ready answers %d %s", status, body)
		}
		return nil
	})
	_, said := s.c.Get(t, "/-/ready")
	require.Regexp(t, why, said)
	require.True(t, s.c.Alive())
}

// TestADiskWithoutInodesRefusesUntilThereAreSome has space and no place for another
// file: the next segment of the log cannot be made.
func TestADiskWithoutInodesRefusesUntilThereAreSome(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", directory, "tmpfs", 0, fmt.Sprintf("size=%d,nr_inodes=400", 512*mebibyte)), "this test mounts a file system: run it as root")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(directory, syscall.MNT_DETACH)) })
	c := collector.Start(t, on(directory))
	s := &sender{c: c, at: time.Now().Add(-2 * time.Minute)}
	s.counts(t)
	var files []string
	for n := 0; ; n++ {
		path := filepath.Join(directory, fmt.Sprint("file-", n))
		err := os.WriteFile(path, nil, 0o600)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		require.NoError(t, err)
		files = append(files, path)
	}
	s.refuses(t, "no space left|disk is full")
	for _, path := range files {
		require.NoError(t, os.Remove(path))
	}
	s.counts(t)
	c.Kill()
	s.c = collector.Start(t, on(directory))
	s.counts(t)
	campaign.Report(t, campaign.Line{What: "no inodes", Tried: 1})
}

// TestADirectoryThatIsMovedAwayRefusesUntilItIsBack moves the ledger's directory while
// it runs.
func TestADirectoryThatIsMovedAwayRefusesUntilItIsBack(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	c := collector.Start(t, on(directory))
	s := &sender{c: c, at: time.Now().Add(-2 * time.Minute)}
	s.counts(t)
	require.NoError(t, os.Rename(filepath.Join(directory, "ledger"), filepath.Join(directory, "away")))
	s.refuses(t, "ledger")
	require.NoError(t, os.Rename(filepath.Join(directory, "away"), filepath.Join(directory, "ledger")))
	s.counts(t)
	campaign.Report(t, campaign.Line{What: "the ledger's directory moved away, and back", Tried: 1})
}

// TestADiskThatDoesNotAnswer starts on a disk each call to which is an input/output
// error, and on one that became read-only: the end is clear, or nothing is
// acknowledged until it is writable again.
func TestADiskThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	disk := newImage(t)
	settings := on(disk.path)
	disk.cut(t)
	c := collector.Launch(t, settings)
	require.Equal(t, 1, c.End(t, 20*time.Second), "%s", c.Log(t))
	require.Contains(t, c.Log(t), "input/output error")
	require.Contains(t, c.Log(t), disk.path)
	require.NotContains(t, c.Log(t), "panic")

	disk.revive(t)
	c = collector.Start(t, settings)
	s := &sender{c: c, at: time.Now().Add(-2 * time.Minute)}
	s.counts(t)
	disk.cut(t)
	s.refuses(t, "input/output error")
	c.Terminate(t)
	c.End(t, 15*time.Second) // with which code the disk decides
	require.NotContains(t, c.Log(t), "panic")
	disk.revive(t)
	s.c = collector.Start(t, settings)
	items, err := s.c.Items()
	require.NoError(t, err)
	require.GreaterOrEqual(t, items["acme"]["counted"], uint64(s.counted))
	s.c.Kill()
	require.NoError(t, syscall.Unmount(disk.path, 0))

	said, err := disk.mount(t)
	require.NoError(t, err, "%s", said)
	require.NoError(t, syscall.Mount("", disk.path, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	c = collector.Launch(t, settings)
	require.NotZero(t, c.End(t, 20*time.Second), "%s", c.Log(t))
	require.Contains(t, c.Log(t), "read-only file system")
	require.NotContains(t, c.Log(t), "panic")
	require.NoError(t, syscall.Mount("", disk.path, "", syscall.MS_REMOUNT, ""))
	s.c = collector.Start(t, settings)
	s.acknowledged(t)
	s.c.Kill()
	require.NoError(t, syscall.Unmount(disk.path, 0))
	campaign.Report(t, campaign.Line{What: "a disk that does not answer, or takes no writes, at a start and under way", Tried: 3})
}
