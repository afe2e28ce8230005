// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
	"github.com/stretchr/testify/require"
)

// A record whose bit for compression is damaged has a good checksum, and is no record
// that the TSDB knows: it is named.
func TestARecordThatIsPassedOverIsNamed(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"wal", "wal/checkpoint.00000000"} {
		log, err := wlog.New(nil, nil, filepath.Join(dir, name), compression.Snappy)
		require.NoError(t, err)
		var encoder record.Encoder
		for n := range 3 {
			var series []record.RefSeries
			for i := range 50 {
				series = append(series, record.RefSeries{Ref: chunks.HeadSeriesRef(50*n + i), Labels: labels.FromStrings("organization", "acme", "meter", "operators")})
			}
			require.NoError(t, log.Log(encoder.Series(series, nil)))
		}
		if name == "wal" { // the checkpoint stands for the first segment
			_, err = log.NextSegment()
			require.NoError(t, err)
			require.NoError(t, log.Log(encoder.Samples([]record.RefSample{{Ref: 1, T: 1, V: 1}}, nil)))
		}
		require.NoError(t, log.Close())
	}
	look := func() []Loss {
		is, err := Survey(dir, 1, nil)
		require.NoError(t, err)
		lost, err := passedOver(dir, is, Holdings{})
		require.NoError(t, err)
		return lost
	}
	require.Empty(t, look())
	path := filepath.Join(dir, "wal", "checkpoint.00000000", "00000000")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text[0] ^= 1 << 3
	require.NoError(t, os.WriteFile(path, text, 0o600))
	lost := look()
	require.Len(t, lost, 1)
	require.Equal(t, "wal/checkpoint.00000000/00000000", lost[0].Path)
	require.Contains(t, lost[0].What, "passed over")
}
