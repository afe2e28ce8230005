// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Store is the snapshot in a directory. Its methods may be called concurrently.
type Store struct {
	fs    vfs.FS
	dir   string
	slack int64

	mu       sync.RWMutex
	err      error // after which it is not known which snapshot is on disk
	manifest manifest
	parts    []part // in force, in order of their keys
	writing  bool   // between Begin and Commit or Abort, or it is only read
}

// Open opens the snapshot of a directory, or makes an empty one in it. It reads the
// lists of parts, not the parts. What an interrupted snapshot has left is removed;
// files of other names are left alone. What is not as it was written, or is of
// before an edition that was in force, is a *store.Damage; 0: none was.
func Open(fs vfs.FS, dir string, edition uint64) (*Store, error) {
	return load(fs, dir, edition, false)
}

// Read does as Open, and changes nothing: what comes of it cannot be written to.
func Read(fs vfs.FS, dir string, edition uint64) (*Store, error) { return load(fs, dir, edition, true) }

func load(fs vfs.FS, dir string, edition uint64, readOnly bool) (*Store, error) {
	s := &Store{fs: fs, dir: dir, slack: slack, writing: readOnly}
	err := s.read(edition)
	if err == nil && !readOnly {
		err = s.settle(edition)
	}
	if err != nil {
		return nil, fmt.Errorf("open the snapshot in %s: %w", dir, errors.Join(err, s.Close()))
	}
	return s, nil
}

// read reads the manifest, where there is one, and the lists of its files.
func (s *Store) read(edition uint64) error {
	known, err := inForce(s.fs, s.dir, edition)
	if err != nil || known == nil {
		return err
	}
	s.manifest = *known
	for i := range s.manifest.files {
		c, err := s.readChanges(&s.manifest.files[i], i)
		if err != nil {
			return err
		}
		s.parts = c.apply(s.parts)
	}
	return nil
}

// settle makes the directory one that is written to.
func (s *Store) settle(edition uint64) error {
	if edition == 0 { // else it is there
		if err := errors.Join(s.fs.MkdirAll(s.dir, 0o700), store.SyncDir(s.fs, s.fs.PathDir(s.dir))); err != nil {
			return err
		}
	}
	names, err := s.fs.List(s.dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	if s.manifest.next == 0 {
		return s.begin(names)
	}
	// This may be a manifest whose rename is not on disk, since the sync of the
	// directory failed. The caller goes by what it has read.
	if _, err := writeManifest(s.fs, s.dir, &s.manifest); err != nil {
		return err
	}
	return s.removeOthers(names)
}

// begin makes an empty snapshot. Where one is missing whose files are there, it
// has been lost.
func (s *Store) begin(names []string) error {
	for _, name := range names {
		if isFile(name) {
			return store.Missing(s.fs.PathJoin(s.dir, manifestName), name+" is there")
		}
	}
	s.manifest.next = 1
	_, err := writeManifest(s.fs, s.dir, &s.manifest)
	return err
}

// removeOthers removes what is not listed.
func (s *Store) removeOthers(names []string) error {
	for _, name := range names {
		listed := slices.ContainsFunc(s.manifest.files, func(f file) bool { return name == fileName(f.number) })
		if isFile(name) && !listed {
			if err := store.Remove(s.fs, s.fs.PathJoin(s.dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readChanges reads what a file changes, and opens it where it is not.
func (s *Store) readChanges(f *file, number int) (c changes, err error) {
	path := s.path(f)
	if f.open == nil {
		f.open, err = s.fs.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return changes{}, &store.Damage{Path: path, What: "it is missing"}
		}
		if err != nil {
			return changes{}, err
		}
	}
	info, err := f.open.Stat()
	if err != nil {
		return changes{}, err
	}
	if info.Size() != f.size() {
		return changes{}, &store.Damage{Path: path, Offset: min(info.Size(), f.size()), What: fmt.Sprintf("it has %d bytes, not %d", info.Size(), f.size())}
	}
	b := make([]byte, f.size()-int64(f.length))
	if _, err := f.open.ReadAt(b, int64(f.length)); err != nil && len(b) > 0 {
		return changes{}, fmt.Errorf("read %s: %w", path, err)
	}
	if c, err = decodeChanges(b, f, uint16(number)); err != nil {
		return changes{}, &store.Damage{Path: path, Offset: int64(f.length), What: err.Error()}
	}
	return c, nil
}

func sizeOf(parts []part) (size int64) {
	for i := range parts {
		size += parts[i].size()
	}
	return size
}

// Edition numbers the snapshot in force; it grows with each Commit.
func (s *Store) Edition() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.manifest.next
}

// Files returns the files that have to be there.
func (s *Store) Files() []store.File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	files := []store.File{{Path: s.fs.PathJoin(s.dir, manifestName), Size: int64(len(s.manifest.encode()))}}
	for i := range s.manifest.files {
		f := &s.manifest.files[i]
		files = append(files, store.File{Path: s.path(f), Size: f.size()})
	}
	return files
}

// Meta returns what the last Commit was given; it must not be changed. An empty
// snapshot has none.
func (s *Store) Meta() []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.manifest.meta
}

// Owners returns who has parts, in ascending order.
func (s *Store) Owners() (owners []uint32) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.parts {
		if owner := s.parts[i].owner; i == 0 || owner != s.parts[i-1].owner {
			owners = append(owners, owner)
		}
	}
	return owners
}

// after returns how many of some parts are of owners up to one.
func after(parts []part, owner uint32) int {
	n, _ := slices.BinarySearchFunc(parts, owner, func(p part, owner uint32) int {
		if p.owner <= owner {
			return -1
		}
		return 1
	})
	return n
}

// Load hands over all parts of an owner in the order of their keys. The bytes
// are valid during the call. Different owners may be loaded at the same time. A
// part that is not as it was written is a *store.Damage that names its key; an
// error of f ends it.
func (s *Store) Load(owner uint32, f func(key Key, data []byte) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return s.err
	}
	from, _ := slices.BinarySearchFunc(s.parts, owner, func(p part, owner uint32) int { return cmp.Compare(p.owner, owner) })
	parts := s.parts[from:]
	return s.readParts(s.manifest.files, parts[:after(parts, owner)], func(p *part, data []byte) error { return f(p.key(), data) })
}

// Get returns the bytes of a key, nil where it has none.
func (s *Store) Get(key Key) (data []byte, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.err != nil {
		return nil, s.err
	}
	i, found := slices.BinarySearchFunc(s.parts, key, func(p part, key Key) int { return p.key().Compare(key) })
	if !found {
		return nil, nil
	}
	err = s.readParts(s.manifest.files, s.parts[i:i+1], func(_ *part, read []byte) error {
		data = slices.Clone(read)
		return nil
	})
	return data, err
}

// runSize is how many bytes are read at once where parts lie side by side.
const runSize = 1 << 20

// readParts hands over the bytes of some parts.
func (s *Store) readParts(files []file, parts []part, f func(p *part, data []byte) error) error {
	var buf []byte
	for len(parts) > 0 {
		n, length := 1, int(parts[0].length)
		for n < len(parts) && parts[n].file == parts[0].file && parts[n].offset == parts[n-1].end() && length+int(parts[n].length) <= runSize {
			length += int(parts[n].length)
			n++
		}
		buf = slices.Grow(buf[:0], length)[:length]
		from := &files[parts[0].file]
		if length > 0 {
			if _, err := from.open.ReadAt(buf, int64(parts[0].offset)); err != nil {
				return fmt.Errorf("read %s of the snapshot in %s: %w", parts[0].key(), s.path(from), err)
			}
		}
		rest := buf
		for i := range parts[:n] {
			p := &parts[i]
			data := rest[:p.length:p.length]
			rest = rest[p.length:]
			if crc32.Checksum(data, store.Checksum) != p.sum {
				return &store.Damage{Path: s.path(from), Offset: int64(p.offset), What: p.key().String() + " is not as it was written"}
			}
			if err := f(p, data); err != nil {
				return err
			}
		}
		parts = parts[n:]
	}
	return nil
}

// Room returns how many bytes a snapshot needs on disk at most, beside what is
// there, that changes so many parts of so many bytes together. Merging files
// needs more, and is put off while it is not there.
func (s *Store) Room(parts int, bytes int64) int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return bytes + int64(parts)*entrySize + int64(len(s.manifest.encode())) + fileSize
}

// Copy makes the same snapshot in another directory, which has none: files are
// linked where that is possible, since they are never changed. It is on disk
// when it returns.
func (s *Store) Copy(to string) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	err := s.err
	for i := range s.manifest.files {
		name := fileName(s.manifest.files[i].number)
		if err == nil {
			err = vfs.LinkOrCopy(s.fs, s.fs.PathJoin(s.dir, name), s.fs.PathJoin(to, name))
		}
	}
	if err == nil {
		_, err = writeManifest(s.fs, to, &s.manifest)
	}
	if err != nil {
		return fmt.Errorf("copy the snapshot in %s to %s: %w", s.dir, to, err)
	}
	return nil
}

// Close closes the files.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = fmt.Errorf("the snapshot in %s is closed", s.dir)
	}
	files := s.manifest.files
	s.manifest.files, s.parts = nil, nil
	return closeAll(files)
}

func closeAll(files []file) (err error) {
	for _, f := range files {
		if f.open != nil {
			err = errors.Join(err, f.open.Close())
		}
	}
	return err
}

const prefix = "parts-"

func fileName(number uint64) string { return fmt.Sprintf("%s%016x", prefix, number) }

// isFile reports whether a name is that of a file with parts.
func isFile(name string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && len(digits) == 16 && strings.Trim(digits, "0123456789abcdef") == ""
}

func (s *Store) path(f *file) string { return s.fs.PathJoin(s.dir, fileName(f.number)) }
