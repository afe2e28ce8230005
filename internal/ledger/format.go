// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatFile names the version of the state beside the store, so that a newer
// one is refused before anything is opened.
const formatFile = "FORMAT"

// checkFormat returns the version of a directory's state, 0 where it has none.
func checkFormat(fs vfs.FS, dir string) (version int, err error) {
	path := fs.PathJoin(dir, formatFile)
	f, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open ledger: read %s: %w", path, err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("open ledger: read %s: %w", path, err)
	}
	if _, err := fmt.Sscanf(string(text), "otelcol-usage ledger %d\n", &version); err != nil {
		return 0, fmt.Errorf("open ledger: %s says %q, which is no version; this is not a ledger directory, or the file is damaged", path, text)
	}
	if version > formatVersion {
		return 0, fmt.Errorf("open ledger %s: its state is of format %d, this program knows up to %d; nothing was changed; use the newer program", dir, version, formatVersion)
	}
	return version, nil
}

// writeFormat says that the state is of this program's version from now on: an
// older one would not know all of it.
func writeFormat(fs vfs.FS, dir string) error {
	path := fs.PathJoin(dir, formatFile)
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open ledger: make %s: %w", path, err)
	}
	_, err = fmt.Fprintf(f, "otelcol-usage ledger %d\n", formatVersion)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = fs.Rename(path+".new", path)
	}
	d, dirErr := fs.OpenDir(dir)
	if dirErr == nil {
		dirErr = errors.Join(d.Sync(), d.Close())
	}
	if err = errors.Join(err, dirErr); err != nil {
		return fmt.Errorf("open ledger: write %s: %w", path, err)
	}
	return nil
}
