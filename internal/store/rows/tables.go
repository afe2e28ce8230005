// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Table is a file of rows.
type Table struct {
	store.File
	From, To []byte // first and last key
}

// tableSuffix is how the name of a table ends.
const tableSuffix = ".sst"

// IsTable reports whether a path is a table's.
func IsTable(path string) bool { return strings.HasSuffix(path, tableSuffix) }

// Tables returns the tables in force, in no order.
func (d *DB) Tables() (tables []Table, err error) {
	defer rescue(&err)
	levels, err := d.SSTables()
	if err != nil {
		return nil, err
	}
	for _, level := range levels {
		for _, t := range level {
			size := int64(t.Size)
			if t.Virtual { // a part of the file
				size = 0
			}
			path := d.options.FS.PathJoin(d.options.Dir, fmt.Sprintf("%06d%s", uint64(t.BackingSSTNum), tableSuffix))
			tables = append(tables, Table{File: store.File{Path: path, Size: size}, From: t.Smallest.UserKey, To: t.Largest.UserKey})
		}
	}
	return tables, nil
}

// Files returns the tables in force and the manifest.
func (d *DB) Files() ([]store.File, error) {
	name, err := InForce(d.options.FS, d.options.Dir)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, store.Missing(d.options.FS.PathJoin(d.options.Dir, "marker."+manifestMarker+".*"), "it names the manifest")
	}
	tables, err := d.Tables()
	files := []store.File{{Path: d.options.FS.PathJoin(d.options.Dir, name)}}
	for _, t := range tables {
		files = append(files, t.File)
	}
	return files, err
}

// Verify reads all of a table, and returns a *store.Damage where it is not as it was
// written.
func (o Options) Verify(path string) (err error) {
	defer rescue(&err)
	file, err := o.FS.Open(path)
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	r, err := sstable.NewReader(context.Background(), readable, o.pebble(newFuse(o.Logger)).MakeReaderOptions())
	if err == nil {
		err = errors.Join(r.ValidateBlockChecksums(), r.Close())
	} else {
		err = errors.Join(err, readable.Close())
	}
	if pebble.IsCorruptionError(err) {
		return &store.Damage{Path: path, What: err.Error()}
	}
	return err
}
