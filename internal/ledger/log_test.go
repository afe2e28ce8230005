// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// isOfLog reports whether a file is a segment of the log.
func isOfLog(name string) bool { return strings.HasPrefix(path.Base(name), "log-") }

// A disk that takes the log and no tables stops the ledger at the next
// checkpoint; when it takes them again, all that was acknowledged is there.
func TestATableThatCannotBeWrittenIsNotWaitedFor(t *testing.T) {
	var broken atomic.Bool
	s := settings(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if broken.Load() && path.Ext(o.Path) == ".sst" && o.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	})))
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	broken.Store(true)
	b := l.book
	err := l.checkpoint(b)
	require.ErrorContains(t, err, "injected")
	l.fail(b, err)
	require.ErrorIs(t, l.Ready(), usage.ErrUnavailable)
	broken.Store(false)
	require.Eventually(t, func() bool { return l.Ready() == nil }, 20*time.Second, 50*time.Millisecond)
	require.NoError(t, l.checkpoint(l.book))
	require.Equal(t, 1.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
	closeLedger(t, l)
}
