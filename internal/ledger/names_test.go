// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Who comes onto a list of the busiest by an item is named without a read of the
// store: the end of a minute would wait for as many reads as lists change.
func TestNamesOfTheBusiestAreNotReadBack(t *testing.T) {
	s := settings(t, vfs.NewMem())
	s.Extraction.Meters[1].ByUser = &usage.ByUser{Dimension: "user", Top: 3, Reveal: true}
	use := func(l *Ledger, now time.Time, users, from int, value int64) {
		send(t, l, now, func(b *usage.Batch) {
			for n := range users {
				add(b, usage.Item{Organization: "acme", User: fmt.Sprint("user-", from+n), UID: fmt.Sprint(now, n, value), Action: "transcription.finished", Time: now.UnixNano()},
					usage.Effect{Kind: usage.Consume, Meter: 1, Value: value * usage.Micro})
			}
		})
	}
	l := open(t, s, noon)
	use(l, noon, 100, 0, 1)
	closeLedger(t, l)
	l = open(t, s, noon.Add(time.Minute))
	settled(t, l)
	now := noon.Add(time.Minute)
	reads := func(from int, value int64) (c usage.Collection, reads int64) {
		before := l.book.Rows.Metrics().BlockCache
		use(l, now, 3, from, value)
		now = now.Add(time.Minute)
		c = collect(t, l, now)
		after := l.book.Rows.Metrics().BlockCache
		return c, after.Hits + after.Misses - before.Hits - before.Misses
	}
	reads(20, 9)
	_, listed := reads(20, 1)
	c, fresh := reads(50, 100)
	require.Equal(t, listed, fresh)
	for n := range 3 {
		require.Equal(t, 101.0, figure(c, "acme", "usage_consumption_breakdown", "window=day", "period=current", fmt.Sprint("dimension_value=user-", 50+n)))
	}
	closeLedger(t, l)
}
