// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/otelcol-usage/otelcol-usage/internal/backup"
	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// copyDir is where the copy is made that a backup is read from: below the ledger's
// directory, since tables are linked, not copied.
const copyDir = "backup"

// Backup writes a copy of the ledger while it goes on. What was acknowledged
// before it began is in it, and nothing of which only a part is there. It has the
// ids of users.
func (l *Ledger) Backup(ctx context.Context, w io.Writer) (err error) {
	l.backing.Lock()
	defer l.backing.Unlock()
	fs, dir := l.settings.FS, l.settings.FS.PathJoin(l.settings.Directory, copyDir)
	if err := l.copy(dir); err != nil {
		return fmt.Errorf("back up ledger %s: %w", l.settings.Directory, errors.Join(err, fs.RemoveAll(dir)))
	}
	defer func() { err = errors.Join(err, fs.RemoveAll(dir)) }()
	if err := backup.Write(ctx, fs, dir, w); err != nil {
		return fmt.Errorf("back up ledger %s: %w", l.settings.Directory, err)
	}
	return nil
}

// copy makes a copy of the directory in another one.
func (l *Ledger) copy(to string) error {
	l.folding.Lock() // the store is not closed meanwhile
	defer l.folding.Unlock()
	l.mu.Lock()
	b, err := l.book, l.unreadable()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	fs := l.settings.FS
	if err := fs.RemoveAll(to); err != nil {
		return err
	}
	if err := b.Rows.Checkpoint(to); err != nil {
		return err
	}
	if err := b.Duplicates.Link(fs.PathJoin(to, book.DuplicatesDir)); err != nil {
		return err
	}
	parts := fs.PathJoin(to, part.Directory)
	if err := errors.Join(fs.MkdirAll(parts, 0o700), b.Snapshot.Copy(parts)); err != nil {
		return err
	}
	if err := b.Log.Copy(to); err != nil { // last: it has all that is in the others
		return err
	}
	for _, name := range []string{versions.FormatFile, versions.InForceFile} {
		text, err := store.ReadFile(fs, fs.PathJoin(l.settings.Directory, name))
		if err != nil {
			return err
		}
		if text == nil { // the definitions: they are a copy
			continue
		}
		if err := store.ReplaceFile(fs, to, name, text); err != nil {
			return err
		}
	}
	return nil
}
