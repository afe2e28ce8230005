// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/zap"

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
func announce(fs vfs.FS, dir string, log *zap.Logger, merged []stored, change func() error) error {
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	path := fs.PathJoin(dir, inForceFile)
	if known, err := readFile(fs, path); err == nil && bytes.Equal(known, text) {
		return change()
	}
	if err := fs.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := store.SyncDir(fs, dir); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if err := replaceFile(fs, dir, inForceFile, text); err != nil {
		log.Warn("usage ledger: `validate` cannot judge changed definitions until the next start: " + err.Error())
	}
	return nil
}
