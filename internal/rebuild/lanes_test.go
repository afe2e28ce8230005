// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// TestRecordsComeInOrderWhateverIsReadFirst gives lanes records in any order in which
// brokers may, and expects those of each partition in their order, none of them twice,
// none left out, and none before an earlier one of another partition.
func TestRecordsComeInOrderWhateverIsReadFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all lanes
		var left [][]*kgo.Record
		total := 0
		for p := range rapid.IntRange(1, 5).Draw(t, "partitions") {
			begin := int64(rapid.IntRange(0, 3).Draw(t, "begin"))
			n := rapid.IntRange(0, 8).Draw(t, "records")
			of := &lane{topic: "t", partition: int32(p), next: begin, end: begin + int64(n)}
			var records []*kgo.Record
			at := time.Unix(0, 0)
			for i := range n + rapid.IntRange(0, 2).Draw(t, "later") {
				at = at.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "step")) * time.Second)
				records = append(records, &kgo.Record{Topic: "t", Partition: int32(p), Offset: begin + int64(i), Timestamp: at, Value: []byte{1}})
			}
			all, left, total = append(all, of), append(left, records), total+n
		}
		var got []*kgo.Record
		for !all.done() {
			if at := all.earliest(); at != nil {
				got = append(got, at.take())
				continue
			}
			var some []int
			for p := range left {
				if len(left[p]) > 0 && !all[p].ended() {
					some = append(some, p)
				}
			}
			p := rapid.SampledFrom(some).Draw(t, "next")
			all.of("t", int32(p)).add(left[p][0])
			left[p] = left[p][1:]
		}
		require.Len(t, got, total)
		require.True(t, slices.IsSortedFunc(got, func(a, b *kgo.Record) int { return a.Timestamp.Compare(b.Timestamp) }))
		next := map[int32]int64{}
		for _, r := range got {
			if last, seen := next[r.Partition]; seen {
				require.Equal(t, last, r.Offset)
			}
			next[r.Partition] = r.Offset + 1
		}
		for _, lane := range all {
			require.Zero(t, lane.bytes)
		}
	})
}
