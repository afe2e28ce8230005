// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/dedupe"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/log"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
)

// What was found damaged is written down, in the certificate: a start does not read
// all files, and would go on with what it does not need yet.

// Verify reads a file of a ledger's directory that is not written to, and returns a
// *store.Damage where it is not as it was written. One of a kind that has no
// checksums, or that is gone, is fine.
func Verify(s *book.Settings, fs vfs.FS, path string) (err error) {
	switch {
	case rows.IsTable(path):
		err = s.RowsOf(fs).Verify(path)
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

// checkDamaged returns the damage that was found earlier, while it is there.
func checkDamaged(s *book.Settings, certified *certificate.Keeper) error {
	known, _ := certified.Known()
	for _, name := range known.Damaged {
		if err := Verify(s, s.FS, s.FS.PathJoin(s.Directory, name)); err != nil {
			return err
		}
	}
	return nil
}

// distrust has the certificate say that a file is damaged.
func distrust(s *book.Settings, certified *certificate.Keeper, d *store.Damage) error {
	name, ok := strings.CutPrefix(d.Path, s.Directory+"/")
	if known, _ := certified.Known(); !ok || slices.Contains(known.Damaged, name) {
		return nil
	}
	return certified.Update(func(c *certificate.Certificate) { c.Damaged = append(slices.Clone(c.Damaged), name) })
}

// openBook opens the directory's book, if nothing of it is known to be damaged.
func (l *Ledger) openBook(now int64) (*book.Book, error) {
	if err := checkDamaged(&l.settings, l.certified); err != nil {
		return nil, err
	}
	return book.Open(&l.settings, l.lock, l.certified, now)
}
