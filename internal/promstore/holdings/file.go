// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package holdings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// files are where a directory's list is: within it, and beside it.
func files(directory string) [2]string {
	return [2]string{filepath.Join(directory, "holdings.json"), filepath.Clean(directory) + ".holdings.json"}
}

// Read returns what was there when it was last written down, the newer of the two
// lists. A list that cannot be read is an error where there is no other one; none at
// all is an empty one.
func Read(directory string) (newest Holdings, err error) {
	found := false
	for _, path := range files(directory) {
		text, failed := os.ReadFile(path)
		if errors.Is(failed, os.ErrNotExist) {
			continue
		}
		var h Holdings
		if failed == nil {
			failed = json.Unmarshal(text, &h)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w: it is written anew", path, failed))
			continue
		}
		if !found || h.At > newest.At {
			newest, found = h, true
		}
	}
	if found {
		err = nil
	}
	return newest, err
}

// Write writes down what is there. The segments that are written to are synced
// before, so that a power failure leaves what the list says.
func Write(directory string, h Holdings) error {
	for name, l := range h.Logs {
		if last := l.Last(); last >= 0 {
			if err := syncFile(filepath.Join(directory, name, fmt.Sprintf("%08d", last))); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	write := func(path string) error {
		return store.ReplaceFile(store.OwnersOnly, filepath.Dir(path), filepath.Base(path), text)
	}
	paths := files(directory)
	if err := write(paths[0]); err != nil {
		return err
	}
	_ = write(paths[1]) // where nothing can be written there a lost directory looks like a new one
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
