// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// The manifest, little-endian: what is a snapshot's is what it lists.
//
//	"usage\x00s\x01"        8 bytes
//	number of the next file 8 bytes
//	length of meta          4 bytes, then meta
//	count of files          4 bytes, then the files in their order:
//	    number              8 bytes
//	    length of all parts 8 bytes: where the list of changes begins
//	    dropped owners      4 bytes
//	    entries             4 bytes
//	    checksum of these   4 bytes
//	checksum                4 bytes, of everything before
const (
	magic        = "usage\x00s\x01"
	fileSize     = 28
	manifestName = "SNAPSHOT"
	unfinished   = manifestName + ".new"
	// MaxMeta is how many bytes meta may have.
	MaxMeta = 64 << 20
	// maxFiles is far more than there are: see (*Store).since.
	maxFiles = math.MaxUint16
)

type manifest struct {
	next  uint64
	meta  []byte
	files []file
}

// file is one with parts.
type file struct {
	number uint64
	length uint64 // of all parts, also those that are not in force any more
	owners uint32
	parts  uint32
	sum    uint32
	open   vfs.File
}

// size is what a file takes on disk.
func (f *file) size() int64 {
	return int64(f.length) + int64(f.owners)*ownerSize + int64(f.parts)*entrySize
}

func (m *manifest) encode() []byte {
	b := append(make([]byte, 0, len(magic)+8+4+len(m.meta)+4+len(m.files)*fileSize+4), magic...)
	b = binary.LittleEndian.AppendUint64(b, m.next)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.meta)))
	b = append(b, m.meta...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.files)))
	for _, f := range m.files {
		b = binary.LittleEndian.AppendUint64(b, f.number)
		b = binary.LittleEndian.AppendUint64(b, f.length)
		b = binary.LittleEndian.AppendUint32(b, f.owners)
		b = binary.LittleEndian.AppendUint32(b, f.parts)
		b = binary.LittleEndian.AppendUint32(b, f.sum)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, store.Checksum))
}

func decodeManifest(b []byte) (m manifest, err error) {
	const least = len(magic) + 8 + 4 + 4 + 4
	switch {
	case len(b) < least:
		return manifest{}, fmt.Errorf("%d bytes are too few", len(b))
	case string(b[:len(magic)]) != magic:
		return manifest{}, fmt.Errorf("it begins with %q, not %q", b[:len(magic)], magic)
	case crc32.Checksum(b[:len(b)-4], store.Checksum) != binary.LittleEndian.Uint32(b[len(b)-4:]):
		return manifest{}, errors.New("it is not as it was written")
	}
	b = b[len(magic) : len(b)-4]
	m.next, b = binary.LittleEndian.Uint64(b), b[8:]
	n := uint64(binary.LittleEndian.Uint32(b))
	if b = b[4:]; n > uint64(len(b))-4 {
		return manifest{}, fmt.Errorf("meta has %d bytes, more than there are", n)
	}
	m.meta, b = b[:n:n], b[n:]
	n = uint64(binary.LittleEndian.Uint32(b))
	if b = b[4:]; n*fileSize != uint64(len(b)) || n > maxFiles {
		return manifest{}, fmt.Errorf("%d files in %d bytes", n, len(b))
	}
	m.files = make([]file, n)
	for i := range m.files {
		f := &m.files[i]
		f.number, f.length = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		f.owners, f.parts, f.sum = binary.LittleEndian.Uint32(b[16:]), binary.LittleEndian.Uint32(b[20:]), binary.LittleEndian.Uint32(b[24:])
		b = b[fileSize:]
		if f.number >= m.next || f.length > math.MaxInt64/2 {
			return manifest{}, fmt.Errorf("file %d of %d bytes; the next one is %d", f.number, f.length, m.next)
		}
	}
	return m, nil
}

// inForce reads the manifest of a directory, nil where there is none. One that is
// missing, damaged or of before an edition is a *store.Damage.
func inForce(fs vfs.FS, dir string, edition uint64) (*manifest, error) {
	path := fs.PathJoin(dir, manifestName)
	text, err := store.ReadFile(fs, path)
	switch {
	case err != nil:
		return nil, err
	case text == nil && edition == 0:
		return nil, nil
	case text == nil:
		return nil, store.Missing(path, "it lists the state of organizations")
	}
	m, err := decodeManifest(text)
	if err == nil && m.next < edition {
		err = fmt.Errorf("it is of edition %d, and edition %d was there", m.next, edition)
	}
	if err != nil {
		return nil, &store.Damage{Path: path, What: err.Error()}
	}
	return &m, nil
}
