// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// Files returns the files that the book consists of, but for runs of counted items,
// which are its owner's: see Runs.
func (b *Book) Files() ([]store.File, error) {
	files, err := b.Rows.Files()
	return append(files, b.Log.Files()...), err
}

// Runs returns the files of counted items.
func (b *Book) Runs() []store.File { return b.Duplicates.Files() }

// RowsOf are the options of the rows of a directory.
func (s *Settings) RowsOf(fs vfs.FS) rows.Options {
	return rows.Options{FS: fs, Dir: s.Directory, Merger: FirstsMerger, Logger: s.Logger}
}
