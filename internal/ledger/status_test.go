// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestARefusedItemIsShownWithTheUnitThatItsTimeIsIn(t *testing.T) {
	l := open(t, settings(t, vfs.NewMem()), noon)
	defer closeLedger(t, l)
	of := func(b *usage.Batch, action string, at int64, reason usage.Reason) {
		it := usage.Item{Organization: "acme", User: "ann", Action: action, Time: at, Reason: reason}
		if reason != usage.ReasonNone {
			it.Outcome = usage.Invalid
		}
		add(b, it, usage.Effect{Kind: usage.Active, Meter: 0})
	}
	send(t, l, noon, func(b *usage.Batch) {
		of(b, "milliseconds", noon.UnixMilli(), usage.ReasonTimestampUnit)
		of(b, "seconds", noon.Unix(), usage.ReasonTimestampUnit)
		of(b, "multiplied", math.MaxInt64, usage.ReasonNone)
		of(b, "late", noon.AddDate(-1, 0, 0).UnixNano(), usage.ReasonNone)
	})
	s, known := l.Status("acme")
	require.True(t, known)
	shown := map[string]usage.TimeUnit{}
	for _, r := range s.Rejects {
		shown[r.Action] = r.Unit
	}
	require.Equal(t, map[string]usage.TimeUnit{
		"milliseconds": usage.Milliseconds, "seconds": usage.Seconds, "multiplied": usage.Multiplied, "late": usage.Nanoseconds,
	}, shown)
	require.EqualValues(t, 1, s.Items[usage.Logs][usage.Future])
	require.EqualValues(t, 1, s.Items[usage.Logs][usage.Late])
	require.EqualValues(t, 2, s.Items[usage.Logs][usage.Invalid])
}
