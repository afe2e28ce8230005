// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatVersion is the version of all that a ledger writes. A directory of a newer
// one is refused untouched.
const formatVersion = 8

// formatFile names the version of the state beside the store, so that a newer
// one is refused before anything is opened.
const formatFile = "FORMAT"

// checkFormat returns the version of a directory's state, 0 where it has none.
func checkFormat(fs vfs.FS, dir string) (version int, err error) {
	path := fs.PathJoin(dir, formatFile)
	text, err := readFile(fs, path)
	if err != nil {
		return 0, fmt.Errorf("open ledger: %w", err)
	}
	if text == nil {
		return 0, nil
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
	if err := replaceFile(fs, dir, formatFile, fmt.Appendf(nil, "otelcol-usage ledger %d\n", formatVersion)); err != nil {
		return fmt.Errorf("open ledger: %w", err)
	}
	return nil
}
