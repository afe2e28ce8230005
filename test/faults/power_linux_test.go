// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// image is an ext4 of its own in a file, whose power can be cut.
type image struct{ file, path string }

const cutting = "power cut (EXT4_IOC_SHUTDOWN)"

func newImage(t *testing.T) *image {
	t.Helper()
	i := &image{filepath.Join(t.TempDir(), "image"), t.TempDir()}
	file, err := os.Create(i.file)
	require.NoError(t, err)
	require.NoError(t, file.Truncate(512*mebibyte))
	require.NoError(t, file.Close())
	if said, err := exec.CommandContext(t.Context(), "mkfs.ext4", "-q", "-F", i.file).CombinedOutput(); err != nil {
		campaign.NotRun(t, cutting, fmt.Sprintf("mkfs.ext4: %v %s", err, said))
	}
	if said, err := i.mount(t); err != nil {
		campaign.NotRun(t, cutting, fmt.Sprintf("mount -o loop, which root may: %v %s", err, said))
	}
	t.Cleanup(func() { _ = syscall.Unmount(i.path, syscall.MNT_DETACH) }) // where the test has failed
	require.NoError(t, os.WriteFile(filepath.Join(i.path, probe), nil, 0o600))
	for _, path := range []string{filepath.Join(i.path, probe), i.path} {
		file, err := os.Open(path)
		require.NoError(t, err)
		require.NoError(t, file.Sync())
		require.NoError(t, file.Close())
	}
	return i
}

func (i *image) mount(t *testing.T) ([]byte, error) {
	t.Helper()
	return exec.CommandContext(t.Context(), "mount", "-o", "loop,commit=1000", i.file, i.path).CombinedOutput()
}

// cut ends all that goes to the disk: neither data nor the file system's own log
// that it has not yet is written any more.
func (i *image) cut(t *testing.T) {
	t.Helper()
	const (
		shutdown   = 0x8004587d // EXT4_IOC_SHUTDOWN
		noLogFlush = 2
	)
	root, err := os.Open(i.path)
	require.NoError(t, err)
	how := uint32(noLogFlush)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, root.Fd(), shutdown, uintptr(unsafe.Pointer(&how))) //nolint:gosec // ioctl takes an address
	require.Zero(t, errno, "EXT4_IOC_SHUTDOWN: %s", errno)
	require.NoError(t, root.Close())
}

// revive lets the disk come back as a machine finds it after the power does. Where a
// process that was begun meanwhile, in a mount namespace of its own, still holds the
// old mount, a new one shows the same file system without power: again, until that
// process is gone or has let go.
func (i *image) revive(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		require.NoError(t, syscall.Unmount(i.path, 0))
		said, err := i.mount(t)
		require.NoError(t, err, "%s", said)
		file, err := os.Open(filepath.Join(i.path, probe))
		if err == nil {
			require.NoError(t, file.Close())
			return
		}
		require.ErrorIs(t, err, syscall.EIO)
		require.True(t, time.Now().Before(end), "the old mount is still held")
	}
}

// probe is a file that can be opened while there is power.
const probe = "probe"

func TestPowerCutsLoseNothingAndCountNothingTwice(t *testing.T) {
	t.Parallel()
	random := campaign.Random(t)
	container := campaign.NewContainer(t, 1<<30)
	disk := newImage(t)
	settings := on(disk.path)
	c := collector.Start(t, settings)
	l := startLoad(t, c)
	line := campaign.Line{What: cutting, Under: container.Under, Note: "the longest start"}
	for range campaign.Rounds(t, 4, 500) {
		container.Add(t, c.Pid())
		l.busy(t, 1+random.Uint64N(400))
		line.Peak = max(line.Peak, c.Memory(t).Peak)
		l.dark.Store(true) // what was acknowledged before is on disk
		disk.cut(t)
		<-time.After(time.Duration(random.Int64N(int64(20 * time.Millisecond)))) // the process goes on for a moment
		c.Kill()
		disk.revive(t)
		began := time.Now()
		c = collector.Start(t, settings)
		line.Longest = max(line.Longest, time.Since(began))
		l.dark.Store(false)
		l.target.Store(c)
		l.check(t)
		line.Tried++
	}
	l.finish()
	l.repeat(t)
	l.settle(t)
	c.Kill()
	require.NoError(t, syscall.Unmount(disk.path, 0))
	campaign.Report(t, line)
}
