// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// inForceFile has the stored definitions beside the store, to be read while a
// process has it open. It is a copy: where there is none, nothing is known.
const inForceFile = "DEFINITIONS"

// CheckDefinitions judges configured meters as [Open] would by the definitions
// that the ledger in a directory has counted with. It writes nothing, needs no
// lock, and takes a directory that is not there for a new one.
func CheckDefinitions(dir string, meters []usage.Meter, now time.Time) error {
	if _, err := checkFormat(vfs.Default, dir); err != nil {
		return err
	}
	path := vfs.Default.PathJoin(dir, inForceFile)
	text, err := readFile(vfs.Default, path)
	if err != nil || text == nil {
		return err
	}
	var known []stored
	if err := json.Unmarshal(text, &known); err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it: it is a copy, which the ledger makes at its next start", path, err)
	}
	_, _, err = mergeDefinitions(known, meters, now.UnixNano())
	return err
}

// announce keeps the copy of the definitions while change stores them: a crash
// in between leaves none rather than an old one. What fails after the change
// leaves none either.
func (s *Settings) announce(merged []stored, change func() error) error {
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	path := s.FS.PathJoin(s.Directory, inForceFile)
	if known, err := readFile(s.FS, path); err == nil && bytes.Equal(known, text) {
		return change()
	}
	if err := s.FS.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := store.SyncDir(s.FS, s.Directory); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if err := replaceFile(s.FS, s.Directory, inForceFile, text); err != nil {
		s.Logger.Warn("usage ledger: `validate` cannot judge changed definitions until the next start: " + err.Error())
	}
	return nil
}

// readFile returns a file's content, nil where there is none.
func readFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}

// replaceFile writes a file as a whole: a crash leaves the old or the new one.
func replaceFile(fs vfs.FS, dir, name string, content []byte) error {
	path := fs.PathJoin(dir, name)
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = fs.Rename(path+".new", path)
	}
	if err = errors.Join(err, store.SyncDir(fs, dir)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
