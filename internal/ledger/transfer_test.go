// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// shown are the figures of an organization, as text.
func shown(t *testing.T, l *Ledger, id string, now time.Time) (lines []string) {
	t.Helper()
	c, err := l.Collect(context.Background(), now)
	require.NoError(t, err)
	for _, o := range c.Organizations {
		if o.Organization == id {
			for _, f := range o.Figures {
				lines = append(lines, fmt.Sprint(f.Series.Name, f.Series.Labels, f.Value))
			}
		}
	}
	return lines
}

func sent(id, user string, at time.Time) *usage.Batch {
	var b usage.Batch
	visit(&b, id, user, at)
	minutes(&b, id, "of "+user, 5, at)
	return &b
}

// Both ledgers and one that keeps the organization get the same; each step is followed by
// a cut of the power of both.
func TestAnOrganizationMovesBetweenOpenLedgers(t *testing.T) {
	ctx := context.Background()
	fromFS, toFS := vfs.NewCrashableMem(), vfs.NewCrashableMem()
	fromS, toS := settings(t, fromFS), settings(t, toFS)
	from, to, whole := open(t, fromS, noon), open(t, toS, noon), open(t, settings(t, vfs.NewMem()), noon)
	defer func() { closeLedger(t, from); closeLedger(t, to); closeLedger(t, whole) }()
	for _, l := range []*Ledger{from, whole} {
		fill(t, l, "acme")
		require.NoError(t, l.Record(ctx, noon, sent("acme", "cid", noon)))
	}
	for _, l := range []*Ledger{from, to, whole} {
		fill(t, l, "other")
	}
	at := noon.Add(time.Second)
	cutBoth := func() {
		from, fromFS = cut(t, from, fromS, fromFS, at)
		to, toFS = cut(t, to, toS, toFS, at)
	}
	copied := func() string {
		var stream bytes.Buffer
		require.NoError(t, from.CopyOut(ctx, "acme", at, &stream))
		require.ErrorIs(t, from.Record(ctx, at, sent("acme", "dan", at)), usage.ErrUnavailable)
		require.NoError(t, from.Record(ctx, at, sent("other", "dan", at)))
		token, total, err := to.CopyIn(ctx, "acme", at, &stream)
		require.NoError(t, err)
		require.NotZero(t, total.Figures)
		require.ErrorIs(t, to.Record(ctx, at, sent("acme", "dan", at)), usage.ErrUnavailable)
		require.NoError(t, to.Record(ctx, at, sent("other", "dan", at)))
		return token
	}
	token := copied()
	cutBoth()
	require.ErrorIs(t, from.LetGo(ctx, "acme", token, "b", at), ErrTransfer, "it has come to life since")
	require.ErrorIs(t, from.Record(ctx, at, sent("acme", "dan", at)), usage.ErrUnavailable)
	require.ErrorIs(t, to.Record(ctx, at, sent("acme", "dan", at)), usage.ErrUnavailable)
	require.NoError(t, to.Discard(ctx, "acme", at))
	require.NoError(t, from.Release(ctx, "acme", at))
	for _, l := range []*Ledger{from, whole} {
		require.NoError(t, l.Record(ctx, at, sent("acme", "eve", at)))
	}
	token = copied()
	require.NoError(t, from.LetGo(ctx, "acme", token, "b", at))
	cutBoth()
	require.Equal(t, map[string]string{"acme": "b"}, from.Away())
	require.Equal(t, map[string]string{"acme": ""}, to.Away())
	require.NoError(t, from.LetGo(ctx, "acme", token, "b", at), "again")
	require.ErrorIs(t, from.Record(ctx, at, sent("acme", "dan", at)), usage.ErrUnavailable)
	require.ErrorIs(t, to.TakeIn(ctx, "acme", "another", at), ErrTransfer)
	require.NoError(t, to.TakeIn(ctx, "acme", token, at))
	cutBoth()
	require.NoError(t, to.TakeIn(ctx, "acme", token, at), "again")
	here, transfer, err := to.Transfer("acme")
	require.NoError(t, err)
	require.True(t, here)
	require.Nil(t, transfer)
	here, transfer, err = from.Transfer("acme")
	require.NoError(t, err)
	require.False(t, here)
	require.Equal(t, part.Gone, transfer.State)
	for _, l := range []*Ledger{to, whole} {
		again := sent("acme", "cid", noon) // what it has counted it knows
		require.NoError(t, l.Record(ctx, at, again))
		require.Equal(t, usage.Duplicate, again.Items[1].Became)
		require.NoError(t, l.Record(ctx, at, sent("acme", "dan", at)))
	}
	require.NotEmpty(t, shown(t, from, "other", noon.Add(time.Minute)))
	for _, later := range []time.Duration{time.Minute, 25 * time.Hour, 40 * 24 * time.Hour} {
		require.Equal(t, shown(t, whole, "acme", noon.Add(later)), shown(t, to, "acme", noon.Add(later)))
		require.Empty(t, shown(t, from, "acme", noon.Add(later)))
	}
	want, err := whole.Statements(ctx, StatementQuery{Organization: "acme"})
	require.NoError(t, err)
	have, err := to.Statements(ctx, StatementQuery{Organization: "acme"})
	require.NoError(t, err)
	require.NotEmpty(t, want)
	require.Equal(t, want, have)
}
