// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// What is deleted is still in files for a while:
//
//	log       until a checkpoint releases its records; then the file is kept, to be used again
//	snapshot  until a checkpoint writes all of it anew
//	tables    until a compaction writes those rows anew, and the old tables are removed
//
// purge brings all of that about. That it is to be done is a row of the group that
// deletes, so that a start does what a crash has cut short.

// cleaned bounds how long old tables may stay after compactions.
const cleaned = 10 * time.Second

// purge removes what was deleted in some spans from the files of the directory.
func (l *Ledger) purge(ctx context.Context, b *book.Book, spans []rows.Span) error {
	l.folding.Lock() // the store is not closed meanwhile
	defer l.folding.Unlock()
	err := l.current(b)
	if err == nil {
		if err = l.fold(b, true); err == nil {
			if err = b.Log.Scrub(); err != nil {
				l.fail(b, err)
			}
		}
	}
	if err == nil {
		err = l.rewrite(ctx, b, spans)
	}
	if err != nil {
		return fmt.Errorf("it is erased, but older files may still have it until the next start, which removes them: %w", err)
	}
	return nil
}

// current says why a book is not the ledger's any more.
func (l *Ledger) current(b *book.Book) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return err
	}
	if l.book != b {
		return errors.New("the directory was read anew meanwhile")
	}
	return nil
}

func (l *Ledger) rewrite(ctx context.Context, b *book.Book, spans []rows.Span) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // a store that failed does not end what it has begun
		select {
		case <-b.Dead:
			cancel()
		case <-ctx.Done():
		}
	}()
	for _, s := range spans {
		if err := b.Rows.Compact(ctx, s.From, s.To, false); err != nil {
			return err
		}
	}
	if err := awaitCleaning(ctx, b.Rows); err != nil {
		return err
	}
	done := b.Rows.NewBatch()
	_ = done.Delete(rowkey.MetaPurge, nil) // cannot fail before it is committed
	return b.Rows.Write(done)              // if a crash brings it back, it is done once more
}

// awaitCleaning waits until tables that nothing uses any more are removed.
func awaitCleaning(ctx context.Context, db *rows.DB) error {
	ctx, cancel := context.WithTimeoutCause(ctx, cleaned, errors.New("old tables are still in use"))
	defer cancel()
	often := time.NewTicker(5 * time.Millisecond)
	defer often.Stop()
	for {
		if m := db.Metrics(); m.Table.ObsoleteCount+m.Table.ZombieCount == 0 {
			return nil
		}
		select {
		case <-often.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// finishPurge does at a start what a crash has cut short.
func (l *Ledger) finishPurge(b *book.Book) {
	l.folding.Lock() // the store is not closed meanwhile
	due, err := []byte(nil), l.current(b)
	if err == nil {
		due, err = b.Rows.Get(rowkey.MetaPurge)
	}
	l.folding.Unlock()
	if err == nil && due != nil {
		err = l.purge(context.Background(), b, everywhere())
	}
	if err != nil {
		l.settings.Logger.Warn("usage ledger: what was erased before the last stop may still be in files of the directory", zap.Error(err))
	}
}

// everywhere are the kinds of rows in which something can have stood that is
// erased.
func everywhere() (spans []rows.Span) {
	for _, kind := range append(rowkey.OfOrganization[:], rowkey.Memory, rowkey.Redo) {
		spans = append(spans, rows.Under([]byte{kind}))
	}
	return spans
}
