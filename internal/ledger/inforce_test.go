// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// changedMeters are those of meters with another definition of the first, in
// force from a day on.
func changedMeters(t *testing.T, from usage.Date) []usage.Meter {
	t.Helper()
	changed := meters(t)
	changed[0].Versions[0].Classes[0].Actions = []string{"course.accessed", "session.attended"}
	changed[0].Versions[0].EffectiveFrom = from
	return changed
}

func TestDefinitionsAreJudgedBesideAnOpenLedgerAsItWouldJudgeThem(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, versions.CheckDefinitions(s.Directory, meters(t), noon), "no ledger yet")
	require.NoDirExists(t, s.Directory, "nothing is written")

	june := usage.Date{Year: 2026, Month: 6, Day: 1}
	l := open(t, s, noon)
	require.NoError(t, versions.CheckDefinitions(s.Directory, meters(t), noon))
	err := versions.CheckDefinitions(s.Directory, changedMeters(t, usage.Date{}), noon)
	require.ErrorContains(t, err, `meters::learners: effective_from "none": the definition has changed`)
	require.NoError(t, versions.CheckDefinitions(s.Directory, changedMeters(t, june), noon))
	require.ErrorContains(t, versions.CheckDefinitions(s.Directory, changedMeters(t, june), noon.AddDate(0, 3, 0)), "not in the past")
	closeLedger(t, l)

	s.Extraction.Meters = changedMeters(t, june)
	closeLedger(t, open(t, s, noon))
	require.NoError(t, versions.CheckDefinitions(s.Directory, changedMeters(t, june), noon.AddDate(0, 3, 0)), "it is in force now")
	require.ErrorContains(t, versions.CheckDefinitions(s.Directory, meters(t), noon), "a later day than the last (2026-06-01)")
}

func TestALedgerWithoutTheCopyMakesIt(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	closeLedger(t, open(t, s, noon))
	path := filepath.Join(s.Directory, versions.InForceFile)
	for _, lost := range []func() error{
		func() error { return os.Remove(path) },
		func() error { return os.WriteFile(path, []byte("[{"), 0o600) },
	} {
		require.NoError(t, lost())
		err := versions.CheckDefinitions(s.Directory, changedMeters(t, usage.Date{}), noon)
		if err != nil {
			require.ErrorContains(t, err, "DEFINITIONS is damaged")
			require.ErrorContains(t, err, "remove it")
		}
		closeLedger(t, open(t, s, noon))
		require.ErrorContains(t, versions.CheckDefinitions(s.Directory, changedMeters(t, usage.Date{}), noon), "effective_from")
	}
}

func TestStateOfANewerFormatIsRefusedBeforeItsDefinitions(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, versions.FormatFile), []byte("otelcol-usage ledger 99\n"), 0o600))
	require.ErrorContains(t, versions.CheckDefinitions(dir, meters(t), noon), "its state is of format 99")
}

// A copy that is older than the definitions would refuse them at the next
// start: whatever fails, and whenever the power goes, there is the right one or
// none.
func TestAChangeOfDefinitionsNeverLeavesAnOldCopy(t *testing.T) {
	const old = "[]"
	for failing, ops := int32(0), int32(1); failing <= ops; failing++ {
		mem := vfs.NewCrashableMem()
		require.NoError(t, mem.MkdirAll("ledger", 0o700))
		require.NoError(t, errors.Join(store.ReplaceFile(mem, "ledger", versions.InForceFile, []byte(old)), store.SyncDir(mem, "/")))
		s := settings(t, nil)
		s.Directory, s.Logger, ops = "ledger", zap.NewNop(), 0
		s.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
				return nil
			}
			if ops++; ops == failing {
				return errorfs.ErrInjected
			}
			return nil
		}))
		copied := func(fs vfs.FS) string {
			text, err := store.ReadFile(fs, "ledger/"+versions.InForceFile)
			require.NoError(t, err)
			return string(text)
		}
		changed := false
		err := versions.Announce(s.FS, s.Directory, zap.NewNop(), []versions.Meter{{Meter: meters(t)[0]}}, func() error {
			changed = true
			require.Empty(t, copied(mem.CrashClone(vfs.CrashCloneCfg{})))
			return nil
		})
		if !changed {
			require.ErrorIs(t, err, errorfs.ErrInjected)
			continue
		}
		require.NoError(t, err)
		for _, fs := range []vfs.FS{mem, mem.CrashClone(vfs.CrashCloneCfg{})} {
			require.NotEqual(t, old, copied(fs))
		}
		require.Equal(t, failing > 0 && failing <= ops, copied(mem) == "", "operation %d of %d", failing, ops)
	}
}
