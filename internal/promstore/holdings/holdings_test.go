// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const hour = int64(time.Hour / time.Millisecond)

func block(from, to int64, sources ...string) Block {
	return Block{From: from * hour, To: to * hour, Source: sources[0], sources: sources, Sizes: map[string]int64{"index": 10}}
}

func of(blocks map[string]Block, wal, wbl Log) Holdings {
	return Holdings{At: 1000 * hour, Blocks: blocks, Logs: map[string]Log{"wal": wal, "wbl": wbl}}
}

var none = Log{Checkpoint: -1}

func paths(lost []Loss) (all []string) {
	for _, l := range lost {
		all = append(all, l.Path)
	}
	return all
}

func TestWhatACompactionOrTheRetentionRemovesIsNotLost(t *testing.T) {
	const retention = 100 * hour
	was := of(map[string]Block{"a": block(0, 2, "a"), "b": block(2, 4, "b"), "c": block(200, 202, "c")}, Log{Checkpoint: 1, Segments: map[int]int64{2: 5, 3: 7}}, none)
	for name, c := range map[string]struct {
		is   Holdings
		want []string
	}{
		"the same":               {was, nil},
		"compacted":              {of(map[string]Block{"ab": block(0, 4, "a", "b"), "c": block(200, 202, "c")}, was.Logs["wal"], none), nil},
		"beyond the retention":   {of(map[string]Block{"c": block(200, 202, "c")}, was.Logs["wal"], none), nil},
		"a block that is not":    {of(map[string]Block{"a": block(0, 2, "a"), "b": block(2, 4, "b"), "d": block(0, 50, "d")}, was.Logs["wal"], none), []string{"c"}},
		"a shorter file":         {of(map[string]Block{"a": {From: 0, To: 2 * hour, Source: "a", Sizes: map[string]int64{"index": 9}}, "b": was.Blocks["b"], "c": was.Blocks["c"]}, was.Logs["wal"], none), []string{"a"}},
		"another time":           {of(map[string]Block{"a": block(0, 3, "a"), "b": was.Blocks["b"], "c": was.Blocks["c"]}, was.Logs["wal"], none), []string{"a"}},
		"a later checkpoint":     {of(was.Blocks, Log{Checkpoint: 3, Segments: map[int]int64{4: 1}}, none), nil},
		"a segment that is gone": {of(was.Blocks, Log{Checkpoint: 1, Segments: map[int]int64{2: 5}}, none), []string{"wal/00000003"}},
		"a shorter segment":      {of(was.Blocks, Log{Checkpoint: 1, Segments: map[int]int64{2: 4, 3: 7}}, none), []string{"wal/00000002"}},
		"no checkpoint":          {of(was.Blocks, Log{Checkpoint: -1, Segments: map[int]int64{2: 5, 3: 7}}, none), []string{"wal/checkpoint.00000001"}},
		"nothing":                {of(nil, none, none), []string{"."}},
	} {
		t.Run(name, func(t *testing.T) {
			lost := Compare(was, c.is, retention)
			require.Equal(t, c.want, paths(lost))
			for _, l := range lost {
				require.NotEmpty(t, l.What)
			}
		})
	}
}

// The log of what is out of order has no checkpoint: what is gone of it is in a
// block that is new.
func TestTheLogOfWhatIsOutOfOrderIsInBlocks(t *testing.T) {
	was := of(map[string]Block{"a": block(0, 2, "a")}, none, Log{Checkpoint: -1, Segments: map[int]int64{0: 5}})
	is := of(map[string]Block{"a": block(0, 2, "a")}, none, none)
	require.Equal(t, []string{"wbl/00000000"}, paths(Compare(was, is, 100*hour)))
	is.Blocks["b"] = block(0, 2, "b")
	require.Empty(t, Compare(was, is, 100*hour))
}

func TestALossIsToldOfForAWeekOrUntilItIsBack(t *testing.T) {
	found := Loss{Path: "a", What: "it is missing", From: 1, To: 2, Found: 0}
	was := Holdings{Lost: []Loss{found}}
	require.Equal(t, []Loss{found}, Holdings{At: 167 * hour}.With(was, nil).Lost)
	require.Empty(t, Holdings{At: 168 * hour}.With(was, nil).Lost)
	require.Empty(t, Holdings{At: hour, Blocks: map[string]Block{"a": {}}}.With(was, nil).Lost)
	require.Equal(t, "a: it is missing; samples from 1970-01-01 00:00 to 1970-01-01 00:00 UTC are missing", found.String())
}

func TestTheListIsKeptTwice(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "store")
	require.NoError(t, os.Mkdir(directory, 0o700))
	empty, err := Read(directory)
	require.NoError(t, err)
	require.Zero(t, empty.At)
	want := of(map[string]Block{"a": {From: 1, To: 2, Source: "a", Sizes: map[string]int64{"index": 1}}}, none, none)
	require.NoError(t, Write(directory, want))
	for _, path := range files(directory) {
		got, err := Read(directory)
		require.NoError(t, err)
		require.Equal(t, want.Blocks, got.Blocks)
		require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	}
	_, err = Read(directory)
	require.ErrorContains(t, err, "holdings.json")
}

func TestAPanicOfAReaderIsAnError(t *testing.T) {
	_, err := guarded(func() (int, error) { panic("slice bounds out of range") })
	require.EqualError(t, err, "a file of it is damaged: slice bounds out of range")
}
