// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package book

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
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

// Verify reads a file of a ledger that is not written to, and returns a
// *store.Damage where it is not as it was written. One of a kind that has no
// checksums, or that is gone, is fine.
func (s *Settings) Verify(fs vfs.FS, path string) (err error) {
	switch {
	case rows.IsTable(path):
		err = s.rows(fs).Verify(path)
	case dedupe.IsRun(path):
		err = dedupe.Verify(fs, path)
	case log.IsSegment(fs.PathBase(path)):
		err = log.Verify(fs, path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Settings) rows(fs vfs.FS) rows.Options {
	return rows.Options{FS: fs, Dir: s.Directory, Merger: FirstsMerger, Logger: s.Logger}
}

// checkDamaged returns the damage that was found earlier, while it is there.
func (s *Settings) checkDamaged(known certificate.Certificate) error {
	for _, name := range known.Damaged {
		if err := s.Verify(s.FS, s.FS.PathJoin(s.Directory, name)); err != nil {
			return err
		}
	}
	return nil
}

// Distrust has the certificate say that a file is damaged.
func (s *Settings) Distrust(certified *certificate.Keeper, d *store.Damage) error {
	name, ok := strings.CutPrefix(d.Path, s.Directory+"/")
	if known, _ := certified.Known(); !ok || slices.Contains(known.Damaged, name) {
		return nil
	}
	return certified.Update(func(c *certificate.Certificate) { c.Damaged = append(slices.Clone(c.Damaged), name) })
}
