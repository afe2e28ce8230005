// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package versions

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

// InForceFile has the stored definitions beside the store, to be read while a
// process has it open. It is a copy: where there is none, nothing is known.
const InForceFile = "DEFINITIONS"

// CheckDefinitions judges configured meters as [Open] would by the definitions
// that the ledger in a directory has counted with. It writes nothing, needs no
// lock, and takes a directory that is not there for a new one.
func CheckDefinitions(dir string, meters []usage.Meter, now time.Time) error {
	if _, err := CheckFormat(vfs.Default, dir); err != nil {
		return err
	}
	path := vfs.Default.PathJoin(dir, InForceFile)
	text, err := store.ReadFile(vfs.Default, path)
	if err != nil || text == nil {
		return err
	}
	var known []Meter
	if err := json.Unmarshal(text, &known); err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it: it is a copy, which the ledger makes at its next start", path, err)
	}
	_, _, err = Merge(known, meters, now.UnixNano())
	return err
}

// Announce keeps the copy of the definitions while change stores them: a crash
// in between leaves none rather than an old one. What fails after the change
// leaves none either.
func Announce(fs vfs.FS, dir string, log *zap.Logger, merged []Meter, change func() error) error {
	text, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	path := fs.PathJoin(dir, InForceFile)
	if known, err := store.ReadFile(fs, path); err == nil && bytes.Equal(known, text) {
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
	if err := store.ReplaceFile(fs, dir, InForceFile, text); err != nil {
		log.Warn("usage ledger: `validate` cannot judge changed definitions until the next start: " + err.Error())
	}
	return nil
}
