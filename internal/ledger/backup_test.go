// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/backup"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// A backup is made while others send. What was acknowledged before is in it, and
// the figures are those of what is in it.
func TestABackupOfARunningLedgerHasAllThatWasAcknowledged(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory, s.FoldBytes = t.TempDir(), 4000 // checkpoints all the time
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) {
		for i := range 50 {
			visit(b, "acme", fmt.Sprint("early ", i), noon.Add(-time.Hour))
			minutes(b, "acme", fmt.Sprint("early ", i), 1, noon.Add(-time.Hour))
		}
	})
	var senders sync.WaitGroup
	stop, sent := make(chan struct{}), make(chan struct{}, 1)
	for sender := range 4 {
		senders.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				send(t, l, noon, func(b *usage.Batch) { // of each both or neither
					visit(b, "acme", fmt.Sprint("late ", sender, " ", i), noon.Add(-time.Hour))
					minutes(b, "acme", fmt.Sprint("late ", sender, " ", i), 1, noon.Add(-time.Hour))
				})
				select {
				case sent <- struct{}{}:
				default:
				}
			}
		})
	}
	<-sent
	before := figure(collect(t, l, noon), "acme", "usage_active_users", "window=month", "period=current")
	var made bytes.Buffer
	require.NoError(t, l.Backup(context.Background(), &made))
	<-sent
	close(stop)
	senders.Wait()
	after := figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_active_users", "window=month", "period=current")
	require.NoDirExists(t, filepath.Join(s.Directory, copyDir))
	closeLedger(t, l)

	elsewhere := s
	elsewhere.Directory = filepath.Join(t.TempDir(), "deep", "ledger")
	require.NoError(t, backup.Restore(&made, elsewhere.Directory))
	l = open(t, elsewhere, noon)
	c := collect(t, l, noon.Add(time.Minute))
	users := figure(c, "acme", "usage_active_users", "window=month", "period=current")
	require.GreaterOrEqual(t, users, before)
	require.LessOrEqual(t, users, after)
	require.Equal(t, users, figure(c, "acme", "usage_consumption", "window=month", "period=current"), "a request is in it wholly or not at all")
	closeLedger(t, l)
}

func TestARestoredLedgerHasTheFiguresOfTheBackup(t *testing.T) {
	s := formatSettings(t, t.TempDir())
	l := open(t, s, noon)
	history(t, l)
	now := noon.Add(14 * 24 * time.Hour)
	collect(t, l, now)
	all := statements(t, l, StatementQuery{Organization: "acme"})
	var made bytes.Buffer
	require.NoError(t, l.Backup(context.Background(), &made))
	want := collect(t, l, now.Add(time.Minute))
	closeLedger(t, l)
	s.Directory = filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, backup.Restore(&made, s.Directory))
	l = open(t, s, now)
	got := collect(t, l, now.Add(time.Minute))
	for i := range want.Organizations {
		require.Equal(t, values(want.Organizations[i]), values(got.Organizations[i]))
	}
	require.Equal(t, all, statements(t, l, StatementQuery{Organization: "acme"}))
	require.FileExists(t, filepath.Join(s.Directory, versions.InForceFile))
	requireDuplicates(t, l, now.Add(2*time.Minute))
	closeLedger(t, l)
}

// archiveOf makes an archive of other files than a backup's.
func archiveOf(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		h.Size = 0
		require.NoError(t, w.WriteHeader(&h))
	}
	require.NoError(t, w.Close())
	return &b
}

func TestWhatIsNoBackupIsRefusedAndLeavesNothing(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	l := open(t, s, noon)
	fill(t, l, "acme")
	var made bytes.Buffer
	require.NoError(t, l.Backup(context.Background(), &made))
	closeLedger(t, l)
	good := made.Bytes()
	damaged := slices.Clone(good)
	at := bytes.Index(damaged, []byte("otelcol-usage ledger"))
	damaged[at+len("otelcol-usage ledger 6\n")-2] = '5'
	for _, tc := range []struct {
		name string
		from io.Reader
		says string
	}{
		{"nothing", bytes.NewReader(nil), backup.ErrCutShort.Error()},
		{"no archive", bytes.NewReader(bytes.Repeat([]byte("no archive"), 200)), backup.ErrNone.Error()},
		{"cut in a file", bytes.NewReader(good[:len(good)/3]), backup.ErrCutShort.Error()},
		{"cut between files", archiveOf(t, tar.Header{Name: "FORMAT", Typeflag: tar.TypeReg}), backup.ErrCutShort.Error()},
		{"a byte changed", bytes.NewReader(damaged), backup.ErrCutShort.Error()},
		{"a path upwards", archiveOf(t, tar.Header{Name: "../evil", Typeflag: tar.TypeReg}), `"../evil", which is no file of one`},
		{"an absolute path", archiveOf(t, tar.Header{Name: "/tmp/evil", Typeflag: tar.TypeReg}), "which is no file of one"},
		{"a path of Windows", archiveOf(t, tar.Header{Name: `..\evil`, Typeflag: tar.TypeReg}), "which is no file of one"},
		{"a link", archiveOf(t, tar.Header{Name: "evil", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}), "which is no file of one"},
		{"a directory", archiveOf(t, tar.Header{Name: "evil/", Typeflag: tar.TypeDir}), "which is no file of one"},
		{"a reader that fails", io.MultiReader(bytes.NewReader(good[:3000]), failing{}), "it failed"},
	} {
		parent := t.TempDir()
		err := backup.Restore(tc.from, filepath.Join(parent, "ledger"))
		require.ErrorContains(t, err, tc.says, tc.name)
		left, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Empty(t, left, tc.name)
	}

	occupied := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(occupied, "mine"), []byte("mine"), 0o600))
	require.ErrorContains(t, backup.Restore(bytes.NewReader(good), occupied), "the directory is not empty")
	left, err := os.ReadDir(occupied)
	require.NoError(t, err)
	require.Len(t, left, 1)
	empty := t.TempDir()
	require.NoError(t, backup.Restore(bytes.NewReader(good), empty+"/"))
	s.Directory = empty
	closeLedger(t, open(t, s, noon))
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("it failed") }

func TestABackupOfANewerFormatIsRefused(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	l := open(t, s, noon)
	newer := fmt.Appendf(nil, "otelcol-usage ledger %d\n", versions.Format+1)
	require.NoError(t, os.WriteFile(filepath.Join(s.Directory, versions.FormatFile), newer, 0o600))
	var made bytes.Buffer
	require.NoError(t, l.Backup(context.Background(), &made))
	closeLedger(t, l)
	dir := filepath.Join(t.TempDir(), "ledger")
	require.ErrorContains(t, backup.Restore(&made, dir), "use the newer program")
	require.NoDirExists(t, dir)
}

func TestABackupEndsWithItsReaderAndItsContextAndLeavesNoCopy(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	l := open(t, s, noon)
	fill(t, l, "acme")
	copied := filepath.Join(s.Directory, copyDir)
	require.ErrorContains(t, l.Backup(context.Background(), full{}), "no room")
	require.NoDirExists(t, copied)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, l.Backup(ctx, io.Discard), context.Canceled)
	require.NoDirExists(t, copied)
	closeLedger(t, l)
	require.Error(t, l.Backup(context.Background(), io.Discard))
	require.NoError(t, os.Mkdir(copied, 0o700)) // as a crash leaves it
	closeLedger(t, open(t, s, noon))
	require.NoDirExists(t, copied)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
