// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// content is an item of consumption that has no uid.
func content(b *usage.Batch, content, former usage.UID, at time.Time) {
	add(b, usage.Item{Organization: "acme", Content: content, Former: former, Action: "transcription.finished", Time: at.UnixNano()},
		usage.Effect{Kind: usage.Consume, Meter: 1, Value: usage.Micro})
}

// testdata/format-3-content was left by the last program of format 3, killed a
// minute after noon. It counted three items by their former content: {1, 2} of
// thirty days before, in a checkpoint, and {3, 4} of noon and {5, 6}, five
// minutes ahead of the clock, in redo entries.
func TestWhatWasCountedByItsFormerContentIsADuplicateAfterAnUpgrade(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	require.NoError(t, os.CopyFS(s.Directory, os.DirFS(filepath.Join("testdata", "format-3-content"))))
	ahead := noon.Add(6 * time.Minute)
	for minute := time.Duration(2); minute < 12; minute += 3 { // resent again and again, over restarts
		now := noon.Add(minute * time.Minute)
		l := open(t, s, now)
		require.Equal(t, noon.Add(7*time.Minute).UnixNano(), l.Extraction().FormerBefore, "all that the old program could count lies before")
		send(t, l, now, func(b *usage.Batch) {
			content(b, usage.UID{11, 12}, usage.UID{1, 2}, noon.AddDate(0, 0, -30))
			content(b, usage.UID{13, 14}, usage.UID{3, 4}, noon)
			content(b, usage.UID{15, 16}, usage.UID{5, 6}, ahead)
			// twins, of which the old program knew none
			content(b, usage.UID{17, 18}, usage.UID{7, 8}, noon)
			content(b, usage.UID{19, 20}, usage.UID{7, 8}, noon)
			// hashes of the one kind are none of the other
			content(b, usage.UID{1, 2}, usage.UID{}, noon)
			content(b, usage.UID{21, 22}, usage.UID{17, 18}, noon)
		})
		closeLedger(t, l)
	}
	l := open(t, s, noon.Add(time.Hour))
	c := collect(t, l, noon.Add(time.Hour))
	require.Equal(t, 3.0+4.0, figure(c, "acme", "usage_items_total", "signal=logs", "outcome=counted"))
	require.Equal(t, 3.0+3*7.0, figure(c, "acme", "usage_items_total", "signal=logs", "outcome=duplicate"))
	closeLedger(t, l)
}

func TestANewLedgerKnowsNothingByItsFormerContent(t *testing.T) {
	s := settings(t, vfs.NewMem())
	for range 2 {
		l := open(t, s, noon)
		require.Zero(t, l.Extraction().FormerBefore)
		closeLedger(t, l)
	}
}
