// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// BenchmarkTransfer measures how long nobody counts an organization that moves, on a
// real disk: from the first thing that CopyOut does to the end of TakeIn.
func BenchmarkTransfer(b *testing.B) {
	for _, users := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(users, " users"), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := settings(b, nil, "")
				s.Directory = b.TempDir()
				from, err := ledger.Open(s, noon)
				require.NoError(b, err)
				s.Directory = b.TempDir()
				to, err := ledger.Open(s, noon)
				require.NoError(b, err)
				for n := 0; n < users; n += 1000 {
					var batch usage.Batch
					for i := range 1000 {
						of := sent("acme", fmt.Sprintf("user-%d@example.org", n+i), noon)
						for _, it := range of.Items {
							it.FirstEffect += int32(len(batch.Effects))
							batch.Items = append(batch.Items, it)
						}
						batch.Effects = append(batch.Effects, of.Effects...)
					}
					require.NoError(b, from.Record(b.Context(), noon, &batch))
				}
				require.NoError(b, from.Checkpoint())
				at := noon.Add(time.Second)
				b.StartTimer()
				var stream bytes.Buffer
				require.NoError(b, CopyOut(b.Context(), from, "acme", at, &stream))
				r, total, err := CopyIn(b.Context(), to, "a", at, &stream)
				require.NoError(b, err)
				require.NoError(b, LetGo(from, "acme", r.Token, "b", at))
				require.NoError(b, TakeIn(to, "acme", r.Token, at))
				b.StopTimer()
				b.ReportMetric(float64(total.Rows), "rows")
				b.ReportMetric(float64(total.Bytes), "bytes")
				require.NoError(b, from.Close(b.Context()))
				require.NoError(b, to.Close(b.Context()))
				b.StartTimer()
			}
		})
	}
}
