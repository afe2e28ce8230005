// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// BenchmarkTransfer measures how long nobody counts an organization that moves, on a
// real disk: from the first thing that CopyOut does to the end of TakeIn.
func BenchmarkTransfer(b *testing.B) {
	for _, users := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(users, " users"), func(b *testing.B) {
			ctx := context.Background()
			for b.Loop() {
				b.StopTimer()
				s := settings(b, nil)
				s.Limits.UsersPerOrganization = 1_000_000
				s.Directory = b.TempDir()
				from := open(b, s, noon)
				s.Directory = b.TempDir()
				to := open(b, s, noon)
				for n := 0; n < users; n += 1000 {
					var batch usage.Batch
					for i := range 1000 {
						visit(&batch, "acme", fmt.Sprintf("user-%d@example.org", n+i), noon)
						minutes(&batch, "acme", fmt.Sprint("call ", n+i), 5, noon)
					}
					require.NoError(b, from.Record(ctx, noon, &batch))
				}
				require.NoError(b, from.checkpoint(from.book))
				at := noon.Add(time.Second)
				b.StartTimer()
				var stream bytes.Buffer
				require.NoError(b, from.CopyOut(ctx, "acme", at, &stream))
				token, total, err := to.CopyIn(ctx, "acme", at, &stream)
				require.NoError(b, err)
				require.NoError(b, from.LetGo(ctx, "acme", token, "b", at))
				require.NoError(b, to.TakeIn(ctx, "acme", token, at))
				b.StopTimer()
				b.ReportMetric(float64(total.Rows), "rows")
				b.ReportMetric(float64(total.Bytes), "bytes")
				require.NoError(b, from.Close(ctx))
				require.NoError(b, to.Close(ctx))
				b.StartTimer()
			}
		})
	}
}
