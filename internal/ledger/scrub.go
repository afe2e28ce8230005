// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/trust"
)

// A scrub reads all files that are not written to any more and holds them against
// their checksums, so that what rots on the disk is found while there are backups
// from before, and not by the start that needs it.

// scrubEvery is how long after the end of a scrub the next one begins.
const scrubEvery = 24 * time.Hour

// Scrub is what is known of the files' checksums.
type Scrub struct {
	Finished time.Time // the end of the last one of all files; zero: none yet
	Damaged  []string  // files that are damaged or missing, by path
}

// Scrubbed returns what is known of the files' checksums.
func (l *Ledger) Scrubbed() Scrub {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Scrub{l.scrubbed.Finished, slices.Clone(l.scrubbed.Damaged)}
}

var errStopped = errors.New("the ledger is closed")

// scrubLoop reads the files again and again.
func (l *Ledger) scrubLoop() {
	defer l.wg.Done()
	for wait := time.Minute; l.rest(wait) == nil; wait = scrubEvery {
		b, ok := l.working()
		if !ok {
			continue
		}
		switch err := l.scrub(b, l.pace); {
		case errors.Is(err, errStopped):
			return
		case store.IsDamage(err):
			l.fail(b, err)
		case err != nil:
			l.settings.Logger.Warn("usage ledger: checksums of files were not all read", zap.Error(err))
		}
	}
}

// pace waits as long as the rate asks for.
func (l *Ledger) pace(bytes int) error {
	return l.rest(time.Duration(float64(bytes) / float64(l.settings.ScrubRate) * float64(time.Second)))
}

// rest waits, or returns errStopped at the end.
func (l *Ledger) rest(wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.stop:
		return errStopped
	}
}

// scrub reads the files of a book, but for the segment that is written to, and
// returns the first damage.
func (l *Ledger) scrub(b *book.Book, pace store.Pace) error {
	files, err := l.files(b)
	if err != nil {
		return err
	}
	fs := store.Paced(l.settings.FS, pace)
	for _, f := range files {
		if f.Path == b.Log.Written().Path {
			continue
		}
		err := trust.Verify(l.settings.RowsOf(fs), fs, f.Path)
		if err == nil {
			continue
		}
		if errors.Is(err, errStopped) {
			return errStopped
		}
		// One that was removed or used again while it was read is not listed any more.
		if now, again := l.files(b); again != nil || !slices.ContainsFunc(now, func(other store.File) bool { return other.Path == f.Path }) {
			continue
		}
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scrubbed.Finished = time.Unix(0, l.now.Load()).UTC()
	return nil
}
