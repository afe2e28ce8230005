// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package trust holds the files of a ledger directory against their checksums, and
// against what was found before.
//
//	a scrub, a repair ---> Verify
//	found damaged ---> Distrust ---> certificate ---> Check: the next start, until the file is whole
//
// What was found damaged is written down, since a start does not read all files, and
// would go on with what it does not need yet.
package trust

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/store/snapshot"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Verify reads a file of a directory that is not written to, and returns a
// *store.Damage where it is not as it was written. One of a kind that has no
// checksums, or that is gone, is fine. of says how rows are read.
func Verify(of rows.Options, fs vfs.FS, path string) (err error) {
	of.FS = fs
	switch {
	case rows.IsTable(path):
		err = of.Verify(path)
	case dedupe.IsRun(path):
		err = dedupe.Verify(fs, path)
	case log.IsSegment(fs.PathBase(path)):
		err = log.Verify(fs, path)
	case snapshot.Is(fs, path):
		err = snapshot.Verify(fs, path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Check returns the damage that was found earlier, while it is there.
func Check(of rows.Options, certified *certificate.Keeper) error {
	known, _ := certified.Known()
	for _, name := range known.Damaged {
		if err := Verify(of, of.FS, of.FS.PathJoin(of.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// Distrust has the certificate say that a file is damaged.
func Distrust(dir string, certified *certificate.Keeper, d *store.Damage) error {
	name, ok := strings.CutPrefix(d.Path, dir+"/")
	if known, _ := certified.Known(); !ok || slices.Contains(known.Damaged, name) {
		return nil
	}
	return certified.Update(func(c *certificate.Certificate) { c.Damaged = append(slices.Clone(c.Damaged), name) })
}

// Certify has the certificate say what is on disk after a checkpoint, or at a start:
// all but what it knows itself, and the files of rows.
func Certify(fs vfs.FS, dir string, certified *certificate.Keeper, is certificate.Certificate) error {
	mark, err := rows.MarkOf(fs, dir)
	if err != nil {
		return err
	}
	return certified.Update(func(c *certificate.Certificate) {
		is.ID, is.Serial, is.Format, is.Rows, is.Reached = c.ID, c.Serial, versions.Format, mark, max(c.Reached, is.Reached)
		*c = is
	})
}

// Reached returns a *store.Damage where rows are of before what the certificate says.
func Reached(dir string, certified *certificate.Keeper, needed uint64) error {
	if known, ok := certified.Known(); ok && needed < known.Needed {
		return &store.Damage{Path: dir, What: fmt.Sprintf("its tables are of before record %d of the log, and were of after it", known.Needed)}
	}
	return nil
}

// LogOptions are those of a directory's log, which tells the certificate how far it
// has come.
func LogOptions(fs vfs.FS, dir string, certified *certificate.Keeper, exists bool) log.Options {
	known, _ := certified.Known()
	return log.Options{
		FS: fs, Dir: dir, Exists: exists, Reached: known.Reached,
		Begun: func(next uint64) error {
			return certified.Update(func(c *certificate.Certificate) { c.Reached = next })
		},
	}
}
