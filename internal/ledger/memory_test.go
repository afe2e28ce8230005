// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func TestWhatIsRememberedIsThereAfterACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	remember := func(name string, rows map[string][]byte) {
		t.Helper()
		require.NoError(t, l.Remember(t.Context(), name, rows))
	}
	kept := func(name string) map[string][]byte {
		t.Helper()
		rows, err := l.Recall(t.Context(), name)
		require.NoError(t, err)
		return rows
	}
	require.Empty(t, kept("usage"))
	remember("usage", map[string][]byte{"a": []byte("1"), "b": []byte("2")})
	remember("usage/2", map[string][]byte{"a": []byte("of another")})
	remember("usage", map[string][]byte{"a": []byte("3"), "b": nil, "c": []byte("4")})

	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(t, l)
	l = open(t, s, noon)
	require.Equal(t, map[string][]byte{"a": []byte("3"), "c": []byte("4")}, kept("usage"))
	require.Equal(t, map[string][]byte{"a": []byte("of another")}, kept("usage/2"))
	closeLedger(t, l)
	require.ErrorIs(t, l.Remember(t.Context(), "usage", nil), usage.ErrUnavailable)
	_, err := l.Recall(t.Context(), "usage")
	require.ErrorIs(t, err, usage.ErrUnavailable)
}

// An organization that is made again by its redo entry begins as it did, also
// where a checkpoint has folded the entries that told of the outages.
func TestAnOrganizationIsMadeAgainAfterTheSameOutages(t *testing.T) {
	state := func(fold bool) []byte {
		fs := vfs.NewCrashableMem()
		s := settings(t, fs)
		s.Extraction.Meters = append(s.Extraction.Meters, usage.Meter{
			Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "day"), Classes: []string{""},
			SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: 20 * time.Minute,
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"task.finished"}}}}},
		})
		l := open(t, s, noon)
		batch := &usage.Batch{}
		visit(batch, "acme", "ann", noon)
		require.NoError(t, l.Record(t.Context(), noon.Add(time.Minute), batch))
		for minute := 2; minute < 6; minute += 2 { // the last one is after the new organization
			fs = fs.CrashClone(vfs.CrashCloneCfg{})
			closeLedger(t, l)
			s.FS = fs
			l = open(t, s, noon.Add(time.Duration(minute)*time.Minute))
			if minute == 2 {
				require.NoError(t, l.Record(t.Context(), noon.Add(2*time.Minute), batch)) // a group of its own
				if fold {
					require.NoError(t, l.checkpoint(l.book))
				}
				batch.Reset()
				visit(batch, "globex", "bob", noon)
				require.NoError(t, l.Record(t.Context(), noon.Add(3*time.Minute), batch))
			}
		}
		defer closeLedger(t, l)
		require.Len(t, l.book.Defs.Outages, 2)
		var e wire.Encoder
		l.book.Find("globex").Encode(&e)
		return e.Bytes
	}
	require.Equal(t, state(false), state(true))
}
