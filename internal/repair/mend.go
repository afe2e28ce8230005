// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
)

// Mend does what the findings say, and returns where the files are as they were, ""
// where none was changed. What cannot be mended is an error, and then nothing is done.
func (s *Survey) Mend(now time.Time) (kept string, err error) {
	for _, f := range s.Findings {
		if !f.Mendable {
			return "", fmt.Errorf("repair %s: %s; %s; nothing was changed", s.Directory, f.What, f.Remedy)
		}
	}
	a := &aside{dir: s.Directory + ".damaged-" + now.UTC().Format("20060102T150405Z")}
	for _, f := range s.Findings {
		if err := f.mend(a); err != nil {
			return a.dir, fmt.Errorf("repair %s: %w", s.Directory, err)
		}
	}
	if !a.made {
		return "", nil
	}
	return a.dir, store.SyncDir(vfs.Default, filepath.Dir(s.Directory))
}

// pathOf returns the file that an error is of, "" where it names none.
func pathOf(err error) string {
	var d *store.Damage
	if errors.As(err, &d) {
		return d.Path
	}
	return ""
}

// aside is a directory beside the ledger's, for files as they were.
type aside struct {
	dir  string
	made bool
}

func (a *aside) target(path string) (string, error) {
	a.made = true
	return filepath.Join(a.dir, filepath.Base(path)), os.MkdirAll(a.dir, 0o700)
}

// move takes a file away that may be there.
func (a *aside) move(path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	to, err := a.target(path)
	if err != nil {
		return err
	}
	return os.Rename(path, to)
}

// cut ends a log behind its last record that can be read. The segments behind it are
// moved away, that one is copied before.
func (a *aside) cut(found log.Found) error {
	for _, path := range found.Behind {
		if err := a.move(path); err != nil {
			return err
		}
	}
	to, err := a.target(found.Path)
	if err != nil {
		return err
	}
	if err := vfs.Copy(store.OwnersOnly, found.Path, to); err != nil {
		return err
	}
	f, err := os.OpenFile(found.Path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(found.End), f.Sync(), f.Close())
}
