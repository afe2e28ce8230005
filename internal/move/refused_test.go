// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// full is a disk with little room.
type full struct {
	vfs.FS
	free uint64
}

func (f full) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: f.free}, nil
}

// TestWhatCannotBeMovedIsRefusedAndStays has a case for each kind of bad input: nothing
// is moved, the error names what is wrong and what helps, and acme answers as before.
func TestWhatCannotBeMovedIsRefusedAndStays(t *testing.T) {
	base := vfs.NewCrashableMem()
	w := build(t, base)
	before, after := stayed(t, base, w)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, fs *vfs.MemFS)
		disk  func(fs vfs.FS) vfs.FS
		o     move.Options
		want  []string
	}{
		"unknown organization":     {o: move.Options{Organization: "acne"}, want: []string{`organization "acne"`, "has no such organization"}},
		"items of no organization": {o: move.Options{Organization: usage.NoOrganization}, want: []string{"name no organization"}},
		"the same directory":       {o: move.Options{To: from + "/"}, want: []string{"the same directory"}},
		"no ledger":                {o: move.Options{From: "nowhere"}, want: []string{"nowhere", "no directory of a ledger"}},
		"a target that is something else": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				require.NoError(t, fs.MkdirAll("data/c", 0o700))
				f, err := fs.Create("data/c/letter.txt", vfs.WriteCategoryUnspecified)
				require.NoError(t, err)
				require.NoError(t, f.Close())
			},
			o: move.Options{To: "data/c"}, want: []string{"data/c", "no directory of a ledger"},
		},
		"already there": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				l := open(t, settings(t, fs, to), w.stopped) // its catalogue has acme
				require.NoError(t, l.Close(context.Background()))
			},
			want: []string{to, "has an organization of this id already"},
		},
		"other meters": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				s := without(settings(t, fs, to))
				s.Extraction.Meters = s.Extraction.Meters[:1]
				l := open(t, s, w.stopped)
				require.NoError(t, l.Close(context.Background()))
			},
			want: []string{"different meters", "minutes"},
		},
		"other spelling of ids": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				s := without(settings(t, fs, to))
				s.Extraction.Spellings = usage.Spellings{{Normalize: usage.Fold}}
				l := open(t, s, w.stopped)
				require.NoError(t, l.Close(context.Background()))
			},
			want: []string{"spell ids differently", "identity::normalize"},
		},
		"an older format": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				require.NoError(t, versions.WriteFormat(fs, from, versions.Format-1))
			},
			want: []string{from, fmt.Sprint("format ", versions.Format-1), "start the collector on it once"},
		},
		"a newer format": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				require.NoError(t, versions.WriteFormat(fs, to, versions.Format+1))
			},
			want: []string{to, fmt.Sprint("format ", versions.Format+1), "use the newer program"},
		},
		"no room": {
			disk: func(fs vfs.FS) vfs.FS { return full{fs, 1 << 20} },
			want: []string{to, "1 MiB free", "make room"},
		},
		"a target that began later": {
			spoil: func(t *testing.T, fs *vfs.MemFS) {
				t.Helper()
				require.NoError(t, fs.RemoveAll(to))
				require.NoError(t, fs.Remove(to+".certificate"))
				l := open(t, without(settings(t, fs, to)), noon.Add(200*24*time.Hour))
				require.NoError(t, l.Close(context.Background()))
			},
			want: []string{"the figures would not be the same", "usage_", "empty directory"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			mem := whole(base)
			if c.spoil != nil {
				c.spoil(t, mem)
			}
			fs := vfs.FS(mem)
			if c.disk != nil {
				fs = c.disk(fs)
			}
			o := c.o
			o.FS, o.Now = fs, noon
			for _, of := range []struct {
				set *string
				to  string
			}{{&o.Organization, "acme"}, {&o.From, from}, {&o.To, to}} {
				if *of.set == "" {
					*of.set = of.to
				}
			}
			_, err := move.Run(context.Background(), o)
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NoError(t, move.Unfinished(mem, o.To), "a target that nothing came to is free again")
			if name == "an older format" {
				require.NoError(t, versions.WriteFormat(mem, from, versions.Format))
			}
			gotBefore, gotAfter := lived(t, mem, settings(t, mem, from), w)
			require.Equal(t, before, gotBefore)
			require.Equal(t, after, gotAfter)
		})
	}
}

func TestDirectoriesInUseAreRefused(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := build(t, fs)
	for _, dir := range []string{from, to} {
		l := open(t, without(settings(t, fs, dir)), w.stopped)
		_, err := run(fs, "acme")
		require.ErrorContains(t, err, dir)
		require.ErrorContains(t, err, "stop it first")
		require.NoError(t, l.Close(context.Background()))
	}
}

// TestALedgerThatWasKilledIsRefused has its last items in the log only.
func TestALedgerThatWasKilledIsRefused(t *testing.T) {
	base := vfs.NewCrashableMem()
	w := build(t, base)
	fs := whole(base)
	l := open(t, settings(t, fs, from), w.stopped)
	w.acme.send(t, l, w.sent, w.sent+1)
	killed := fs.CrashClone(vfs.CrashCloneCfg{})
	require.NoError(t, l.Close(context.Background()))
	_, err := run(killed, "acme")
	require.ErrorContains(t, err, "not stopped in order")
	require.ErrorContains(t, err, "start the collector on it once")

	l = open(t, settings(t, killed, from), w.stopped)
	require.NoError(t, l.Close(context.Background()))
	_, err = run(killed, "acme")
	require.NoError(t, err)
}

func TestAMoveThatWasCutShortIsUndone(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := build(t, fs)
	before, after := stayed(t, fs, w)
	ctx, cancel := context.WithCancel(context.Background())
	o := move.Options{FS: fs, Organization: "acme", From: from, To: to, Now: noon, Tell: func(p move.Progress) {
		if p.Step == "copy keys of counted items" {
			cancel()
		}
	}}
	_, err := move.Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	_, err = ledger.Open(without(settings(t, fs, to)), w.stopped)
	require.ErrorContains(t, err, fmt.Sprintf("usagectl move acme --from %s --to %s", from, to))
	_, err = run(fs, "birch")
	require.ErrorContains(t, err, `organization "acme" was being moved to it`)

	o.Undo, o.Tell = true, nil
	r, err := move.Run(context.Background(), o)
	require.NoError(t, err)
	require.True(t, r.Undone)
	b := open(t, without(settings(t, fs, to)), w.stopped)
	require.False(t, slices.Contains(b.IDs(), "acme"))
	require.NoError(t, b.Close(context.Background()))
	_, err = move.Run(context.Background(), o)
	require.ErrorContains(t, err, "nothing to undo")
	gotBefore, gotAfter := lived(t, fs, settings(t, fs, from), w)
	require.Equal(t, before, gotBefore)
	require.Equal(t, after, gotAfter)
}
