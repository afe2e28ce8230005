// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

// applied records the catalogues that a watcher has put in force.
type applied struct {
	all []*catalogue.Catalogue
	err error
}

func (a *applied) apply(_ context.Context, c *catalogue.Catalogue, _ time.Time) error {
	if a.err != nil {
		return a.err
	}
	a.all = append(a.all, c)
	return nil
}

func watching(t *testing.T) (*watcher, *applied, *observer.ObservedLogs) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.yaml")
	writeFile(t, path, acme)
	core, logs := observer.New(zap.InfoLevel)
	a := &applied{}
	w := newWatcher(path, 20, zap.New(core), a.apply)
	_, err := w.load(nil, at)
	require.NoError(t, err)
	return w, a, logs
}

const (
	acme      = "organizations: [{id: acme}]"
	acmeAndBo = "organizations: [{id: acme}, {id: bo}]"
	broken    = "organizations: [{id: acme, timezone: Europe/Berln}]"
)

func TestAChangedCatalogueIsPutInForce(t *testing.T) {
	w, a, _ := watching(t)
	w.poll(t.Context(), at.Add(time.Minute), w.maxLoss)
	require.Empty(t, a.all, "nothing has changed")

	writeFile(t, w.path, acmeAndBo)
	w.poll(t.Context(), at.Add(time.Hour), w.maxLoss)
	require.Len(t, a.all, 1)
	c, state := w.current()
	require.Equal(t, 2, c.Len())
	require.Equal(t, catalogueState{Loaded: at.Add(time.Hour)}, state)
}

func TestABadCatalogueLeavesTheLastGoodOne(t *testing.T) {
	w, a, logs := watching(t)
	writeFile(t, w.path, broken)
	w.poll(t.Context(), at.Add(time.Minute), w.maxLoss)
	w.poll(t.Context(), at.Add(2*time.Minute), w.maxLoss)
	require.Empty(t, a.all)
	c, state := w.current()
	require.Equal(t, 1, c.Len())
	require.ErrorContains(t, state.Err, `customers.yaml:1: organizations[0].timezone "Europe/Berln"`)
	require.Equal(t, at, state.Loaded)
	require.Equal(t, at.Add(time.Minute), state.Failed)
	require.Equal(t, 1, logs.Len(), "told once")

	writeFile(t, w.path, acmeAndBo)
	w.poll(t.Context(), at.Add(time.Hour), w.maxLoss)
	c, state = w.current()
	require.Equal(t, 2, c.Len())
	require.NoError(t, state.Err)
}

// An editor that writes in place empties the file first. Followed, that would
// take everybody's zone, quotas and thresholds away for two seconds.
func TestAFileThatIsEmptyForAMomentIsNoCatalogue(t *testing.T) {
	w, a, logs := watching(t)
	for _, text := range []string{"", "\n"} {
		writeFile(t, w.path, text)
		w.poll(t.Context(), at, w.maxLoss)
		_, state := w.current()
		require.ErrorContains(t, state.Err, "customers.yaml: is empty")
	}
	require.Empty(t, a.all)
	require.Equal(t, 1, logs.Len(), "told once")
}

// many is a catalogue of as many organizations.
func many(n int) string {
	var text strings.Builder
	text.WriteString("organizations:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - id: org-%d\n", i)
	}
	return text.String()
}

// A list that somebody's script makes is short, or empty, when the script fails.
func TestACatalogueThatHasLostManyOrganizationsIsRefusedUntilItIsAccepted(t *testing.T) {
	w, a, logs := watching(t)
	writeFile(t, w.path, many(10))
	w.poll(t.Context(), at, w.maxLoss)
	require.Len(t, a.all, 1, "one organization may go")
	writeFile(t, w.path, many(8))
	w.poll(t.Context(), at, w.maxLoss)
	require.Len(t, a.all, 2, "a fifth may go")

	for text, says := range map[string]string{
		many(6):             "2 of the 8 organizations in force are gone",
		"organizations: []": "8 of the 8 organizations in force are gone",
	} {
		logs.TakeAll()
		writeFile(t, w.path, text)
		w.poll(t.Context(), at, w.maxLoss)
		w.poll(t.Context(), at, w.maxLoss)
		c, state := w.current()
		require.Equal(t, 8, c.Len())
		require.ErrorContains(t, state.Err, "customers.yaml: "+says+", more than the 20 % of catalogue_max_loss")
		require.ErrorContains(t, state.Err, "usagectl catalogue accept")
		require.Equal(t, 1, logs.Len(), "told once")
	}

	writeFile(t, w.path, broken)
	_, err := w.accept(t.Context(), at)
	require.ErrorContains(t, err, "Europe/Berln", "only what is good can be accepted")
	writeFile(t, w.path, "organizations: []")
	n, err := w.accept(t.Context(), at)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Len(t, a.all, 3)
	_, state := w.current()
	require.NoError(t, state.Err)
}

func TestTheLastOrganizationIsNotLostByItself(t *testing.T) {
	w, a, _ := watching(t)
	writeFile(t, w.path, "organizations: []")
	w.poll(t.Context(), at, w.maxLoss)
	require.Empty(t, a.all)
	_, state := w.current()
	require.ErrorContains(t, state.Err, "1 of the 1 organizations in force are gone")
}

func TestGoingBackToTheCatalogueInForceIsNoChange(t *testing.T) {
	w, a, _ := watching(t)
	writeFile(t, w.path, broken)
	w.poll(t.Context(), at, w.maxLoss)
	writeFile(t, w.path, acme)
	w.poll(t.Context(), at, w.maxLoss)
	_, state := w.current()
	require.NoError(t, state.Err)
	require.Empty(t, a.all)
}

// Kubernetes mounts a file through links and replaces one of them.
func TestAReplacedLinkIsSeen(t *testing.T) {
	w, a, _ := watching(t)
	dir := filepath.Dir(w.path)
	writeFile(t, filepath.Join(dir, "new.yaml"), acmeAndBo)
	require.NoError(t, os.Remove(w.path))
	w.poll(t.Context(), at, w.maxLoss)
	_, state := w.current()
	require.ErrorIs(t, state.Err, os.ErrNotExist, "in between there is none, and the last good one stays")

	require.NoError(t, os.Symlink("new.yaml", w.path))
	w.poll(t.Context(), at, w.maxLoss)
	require.Len(t, a.all, 1)
	_, state = w.current()
	require.NoError(t, state.Err)
}

// An edit in place may leave size and time as they were.
func TestContentTellsAChangeAndNotSizeOrTime(t *testing.T) {
	w, a, _ := watching(t)
	before, err := os.Stat(w.path)
	require.NoError(t, err)
	writeFile(t, w.path, "organizations: [{id: acne}]")
	require.NoError(t, os.Chtimes(w.path, before.ModTime(), before.ModTime()))
	after, err := os.Stat(w.path)
	require.NoError(t, err)
	require.Equal(t, before.Size(), after.Size())
	require.Equal(t, before.ModTime(), after.ModTime())
	require.True(t, os.SameFile(before, after))
	w.poll(t.Context(), at, w.maxLoss)
	require.Len(t, a.all, 1)
	_, found := a.all[0].Lookup("acne")
	require.True(t, found)
}

// Kubernetes switches a link to a directory from one version to the next.
func TestASwitchedDirectoryIsSeen(t *testing.T) {
	w, a, _ := watching(t)
	dir := t.TempDir()
	for version, text := range map[string]string{"..v1": acme, "..v2": acmeAndBo} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o750))
		writeFile(t, filepath.Join(dir, version, "customers.yaml"), text)
	}
	require.NoError(t, os.Symlink("..v1", filepath.Join(dir, "..data")))
	w.path = filepath.Join(dir, "customers.yaml")
	require.NoError(t, os.Symlink(filepath.Join("..data", "customers.yaml"), w.path))
	w.poll(t.Context(), at, w.maxLoss)
	require.Empty(t, a.all)
	require.NoError(t, os.Symlink("..v2", filepath.Join(dir, "..data_tmp")))
	require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	w.poll(t.Context(), at, w.maxLoss)
	require.Len(t, a.all, 1)
	require.Equal(t, 2, a.all[0].Len())
}

func TestACatalogueThatTheLedgerCouldNotTakeIsTriedAgain(t *testing.T) {
	w, a, _ := watching(t)
	a.err = errors.New("disk full")
	writeFile(t, w.path, acmeAndBo)
	w.poll(t.Context(), at, w.maxLoss)
	c, state := w.current()
	require.Equal(t, 1, c.Len())
	require.EqualError(t, state.Err, "disk full")

	a.err = nil
	w.poll(t.Context(), at, w.maxLoss)
	c, state = w.current()
	require.Equal(t, 2, c.Len())
	require.NoError(t, state.Err)
}

func TestTheFileIsLookedAtUntilTheEnd(t *testing.T) {
	w, a, _ := watching(t)
	writeFile(t, w.path, acmeAndBo)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.run(ctx)
		}()
		time.Sleep(watchInterval + time.Millisecond) // of the bubble's clock
		synctest.Wait()
		require.Len(t, a.all, 1)
		cancel()
		<-done
	})
}

func TestWithoutAPathThereIsNoCatalogue(t *testing.T) {
	w := newWatcher("", 20, zap.NewNop(), nil)
	c, err := w.load(nil, at)
	require.NoError(t, err)
	require.Zero(t, c.Len())
	w.run(t.Context()) // returns at once
}
