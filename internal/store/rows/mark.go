// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Mark is how far a store had come: up to where its list of tables, the manifest,
// was on disk, and what it said. Pebble takes a list that cannot be read on for one
// that ends there, and removes the tables that it does not have; and no list for a
// new store.
type Mark struct {
	Manifest string // its file's name
	Size     int64
	Sum      uint32
}

// manifestMarker is the marker, a file whose name says which manifest is in force.
const manifestMarker = "manifest"

// InForce returns the name of the manifest in force, "" where there is no store.
func InForce(fs vfs.FS, dir string) (string, error) {
	marker, name, err := atomicfs.LocateMarker(fs, dir, manifestMarker)
	if err != nil {
		return "", err
	}
	return name, marker.Close()
}

// MarkOf returns the mark of a directory's store as it is now.
func MarkOf(fs vfs.FS, dir string) (Mark, error) {
	for {
		name, err := InForce(fs, dir)
		if err != nil || name == "" {
			return Mark{}, errors.Join(err, fmt.Errorf("%s has no manifest in force", dir))
		}
		text, err := readSynced(fs, fs.PathJoin(dir, name))
		if err != nil {
			return Mark{}, err
		}
		if text != nil { // else another one took its place
			return Mark{Manifest: name, Size: int64(len(text)), Sum: crc32.Checksum(text, store.Checksum)}, nil
		}
	}
}

// readSynced reads a file that others may append to, nil where there is none. What
// it returns is on disk.
func readSynced(fs vfs.FS, path string) ([]byte, error) {
	text, err := store.ReadFile(fs, path)
	if err != nil || text == nil {
		return nil, err
	}
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	return text, errors.Join(f.Sync(), f.Close())
}

// Check returns a *store.Damage where a directory's store is not there any more, or
// not as far as it was.
func (m Mark) Check(fs vfs.FS, dir string) error {
	name, err := InForce(fs, dir)
	switch {
	case err != nil:
		return err
	case name == "":
		return store.Missing(fs.PathJoin(dir, "marker."+manifestMarker+".*"), "it names the manifest, which was "+m.Manifest)
	case len(name) < len(m.Manifest) || len(name) == len(m.Manifest) && name < m.Manifest:
		return &store.Damage{Path: fs.PathJoin(dir, name), What: "an old manifest is in force, it was " + m.Manifest}
	}
	path := fs.PathJoin(dir, name)
	text, err := store.ReadFile(fs, path)
	switch {
	case err != nil:
		return err
	case text == nil:
		return store.Missing(path, "it lists the tables")
	case name != m.Manifest: // a later one
		return nil
	case int64(len(text)) < m.Size:
		return &store.Damage{Path: path, What: fmt.Sprintf("it has %d bytes, and had %d", len(text), m.Size)}
	case crc32.Checksum(text[:m.Size], store.Checksum) != m.Sum:
		return &store.Damage{Path: path, What: "its checksum is wrong"}
	}
	return nil
}

// Enforce puts a manifest in force.
func Enforce(fs vfs.FS, dir, manifest string) error {
	marker, _, err := atomicfs.LocateMarker(fs, dir, manifestMarker)
	if err != nil {
		return err
	}
	return errors.Join(marker.Move(manifest), marker.Close())
}
