// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package versions

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Format is the version of all that a ledger writes. A directory of a newer
// one is refused untouched.
const Format = 10

// FormatFile names the version of the state beside the store, so that a newer
// one is refused before anything is opened.
const FormatFile = "FORMAT"

// formatLine is what is in it; FormatTitle is how that begins, whatever the version.
const (
	FormatTitle = "otelcol-usage ledger "
	formatLine  = FormatTitle + "%d\n"
)

// CheckFormat returns the version of a directory's state, 0 where it has none.
func CheckFormat(fs vfs.FS, dir string) (version int, err error) {
	path := fs.PathJoin(dir, FormatFile)
	text, err := store.ReadFile(fs, path)
	if err != nil {
		return 0, fmt.Errorf("open ledger: %w", err)
	}
	if text == nil {
		return 0, nil
	}
	if _, err := fmt.Sscanf(string(text), formatLine, &version); err != nil {
		return 0, fmt.Errorf("open ledger: %w", &store.Damage{Path: path, What: fmt.Sprintf("it says %q, which is no version; or this is not a ledger directory", text)})
	}
	if version > Format {
		return 0, fmt.Errorf("open ledger %s: its state is of format %d, this program knows up to %d; nothing was changed; use the newer program", dir, version, Format)
	}
	return version, nil
}

// WriteFormat says that the state is of a version from now on: a program that knows
// no more than an older one would not know all of it.
func WriteFormat(fs vfs.FS, dir string, version int) error {
	return store.ReplaceFile(fs, dir, FormatFile, fmt.Appendf(nil, formatLine, version))
}
