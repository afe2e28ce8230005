// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// rowsOf counts the rows of an organization by kind.
func rowsOf(t *testing.T, l *Ledger, number uint32) map[string]int {
	t.Helper()
	found := map[string]int{}
	require.NoError(t, l.book.Rows.Each(rows.Under(nil), func(key, _ []byte) error {
		if len(key) >= 5 && string(key[1:5]) == string(rowkey.Of(0, number)[1:]) && key[0] != rowkey.Meta && key[0] != rowkey.Redo {
			found[string(key[:1])]++
		}
		return nil
	}))
	require.NoError(t, l.book.Snapshot.Load(number, func(key snapshot.Key, _ []byte) error {
		found[string([]byte{rowkey.Head, rowkey.Closings, rowkey.Page}[key.Kind])]++
		return nil
	}))
	return found
}

// fill sends two users and a sum of an organization.
func fill(t *testing.T, l *Ledger, id string) {
	t.Helper()
	var b usage.Batch
	visit(&b, id, "ann", noon)
	visit(&b, id, "bob", noon)
	minutes(&b, id, "1", 5, noon)
	require.NoError(t, l.Record(context.Background(), noon, &b))
}

// cut cuts the power and opens the ledger again.
func cut(t *testing.T, l *Ledger, s book.Settings, fs *vfs.MemFS, now time.Time) (*Ledger, *vfs.MemFS) {
	t.Helper()
	after := fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(t, l)
	s.FS = after
	return open(t, s, now), after
}

func TestErasingTakesAJournal(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	fill(t, l, "acme")
	number := l.book.Find("acme").Number
	require.Positive(t, rowsOf(t, l, number)[string(rowkey.Journal)])
	fill(t, l, "acme") // in the journal of the group that the erasure is in
	_, err := l.Erase(context.Background(), "acme", noon)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"x": 1}, rowsOf(t, l, number))
	require.Zero(t, l.book.Journaled.Load())
	l, _ = cut(t, l, s, fs, noon)
	require.Equal(t, map[string]int{"x": 1}, rowsOf(t, l, number))
	closeLedger(t, l)
}

func TestErasingTakesEverythingOfAnOrganizationAndNothingOfOthers(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	fill(t, l, "acme")
	fill(t, l, "birch")
	later := noon.AddDate(0, 0, 5) // days are closed
	collect(t, l, later)
	require.NoError(t, l.checkpoint(l.book))
	all, err := l.Statements(context.Background(), StatementQuery{Organization: "acme", Window: "day"})
	require.NoError(t, err)
	_, err = l.Bill(context.Background(), "acme", StatementID{all[0].Meter, "day", all[0].Start, 1})
	require.NoError(t, err)
	_, err = l.EraseUser(context.Background(), "acme", "bob", later)
	require.NoError(t, err)
	acme, birch := l.book.Find("acme").Number, l.book.Find("birch").Number
	before, kept := rowsOf(t, l, acme), rowsOf(t, l, birch)
	for _, kind := range rowkey.OfOrganization {
		if kind != rowkey.Journal { // which ended as the first day was closed
			require.Positive(t, before[string(kind)], "the test has rows of kind %c", kind)
		}
	}

	users, err := l.Erase(context.Background(), "acme", later)
	require.NoError(t, err)
	require.Equal(t, 2, users)
	require.Equal(t, map[string]int{"x": 1}, rowsOf(t, l, acme))
	require.Equal(t, kept, rowsOf(t, l, birch))
	_, err = l.Statements(context.Background(), StatementQuery{Organization: "acme"})
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	_, err = l.Erase(context.Background(), "acme", later)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	_, err = l.Erase(context.Background(), usage.NoOrganization, later)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)

	// Redo entries of it are on disk: what is read after a power cut is the same.
	l, fs = cut(t, l, s, fs, later)
	c := collect(t, l, later.Add(time.Minute))
	require.Equal(t, -1.0, figure(c, "acme", "usage_organization_info"))
	require.Equal(t, 2.0, figure(c, "birch", "usage_active_users", "window=month", "period=current"))
	require.Equal(t, map[string]int{"x": 1}, rowsOf(t, l, acme))

	// It begins anew, under another number, and counts again what it had counted.
	var b usage.Batch
	visit(&b, "acme", "ann", noon)
	minutes(&b, "acme", "1", 5, noon)
	require.NoError(t, l.Record(context.Background(), later.Add(time.Minute), &b))
	require.Greater(t, l.book.Find("acme").Number, max(acme, birch))
	require.Equal(t, map[string]int{"x": 1}, rowsOf(t, l, acme))
	l, _ = cut(t, l, s, fs, later.Add(2*time.Minute))
	c = collect(t, l, later.Add(3*time.Minute))
	require.Equal(t, 1.0, figure(c, "acme", "usage_active_users", "window=month", "period=current"))
	require.Equal(t, 5.0, figure(c, "acme", "usage_consumption", "window=month", "period=current"))
	closeLedger(t, l)
}

// The newest organization is erased and all redo is folded: its number is not
// given again.
func TestTheNumberOfAnErasedOrganizationIsNeverGivenAgain(t *testing.T) {
	s := settings(t, vfs.NewMem())
	l := open(t, s, noon)
	fill(t, l, "acme")
	_, err := l.Erase(context.Background(), "acme", noon)
	require.NoError(t, err)
	closeLedger(t, l)
	l = open(t, s, noon)
	fill(t, l, "birch")
	require.Equal(t, uint32(1), l.book.Find("birch").Number)
	closeLedger(t, l)
}

// Cut before it was on disk, the organization is there, whole.
func TestErasingIsAllOrNothing(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	fill(t, l, "acme")
	require.NoError(t, l.checkpoint(l.book))
	at := fs.CrashClone(vfs.CrashCloneCfg{})
	_, err := l.Erase(context.Background(), "acme", noon)
	require.NoError(t, err)
	closeLedger(t, l)
	s.FS = at
	l = open(t, s, noon)
	require.Equal(t, 2.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_active_users", "window=month", "period=current"))
	closeLedger(t, l)
}

func TestAListedOrganizationIsNotErased(t *testing.T) {
	s := settings(t, vfs.NewMem())
	s.Limits.UnknownOrganizations = 1
	l := open(t, s, noon)
	listed, err := catalogue.Parse([]byte("organizations: [{id: acme}]"))
	require.NoError(t, err)
	require.NoError(t, l.SetCatalogue(context.Background(), listed, noon))
	_, err = l.Erase(context.Background(), "acme", noon)
	require.ErrorIs(t, err, ErrListed)
	fill(t, l, "birch")
	fill(t, l, "cedar")
	require.NotContains(t, l.IDs(), "cedar")
	_, err = l.Erase(context.Background(), "birch", noon)
	require.NoError(t, err)
	fill(t, l, "cedar")
	require.Contains(t, l.IDs(), "cedar", "the place of an erased one is free")
	closeLedger(t, l)
}
