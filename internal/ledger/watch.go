// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// lookEvery is how often it is looked whether the files are there that the ledger
// consists of. Files that are open stay readable when they are removed, and a
// directory that was moved is written to where it is now, so nothing else tells.
const lookEvery = 2 * time.Second

// watchLoop ends acknowledging when the store was given up, or files are missing.
func (l *Ledger) watchLoop() {
	defer l.wg.Done()
	often := time.NewTicker(lookEvery)
	defer often.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-often.C:
		}
		b, ok := l.working()
		if !ok {
			continue
		}
		if err := l.look(b); err != nil && l.current(b) == nil {
			l.fail(b, err)
		}
	}
}

// look says what is wrong with the files of a book.
func (l *Ledger) look(b *book.Book) error {
	if err := b.Rows.Err(); err != nil {
		return err
	}
	if err := b.Log.Present(); err != nil {
		return err
	}
	return store.Present(l.settings.FS, func() ([]store.File, error) { return l.files(b) })
}

// files returns what a book consists of.
func (l *Ledger) files(b *book.Book) ([]store.File, error) {
	l.mu.Lock()
	runs := b.Duplicates.Files()
	l.mu.Unlock()
	files, err := b.Rows.Files()
	if err != nil {
		return nil, fmt.Errorf("list the files of the ledger: %w", err)
	}
	return slices.Concat(files, b.Snapshot.Files(), b.Log.Files(), runs), nil
}
