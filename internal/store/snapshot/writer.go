// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// MaxPart is how many bytes a part may have.
const MaxPart = 1 << 30

// Writer writes the next snapshot: what changes. It is used by one goroutine,
// and ended by Commit or Abort. The snapshot before stays as it is until Commit.
type Writer struct {
	s    *Store
	out  *output
	done gather
	anew bool
	err  error // of the first write that failed
}

// Begin begins the next snapshot. One is written at a time.
func (s *Store) Begin() (*Writer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	if s.writing {
		return nil, fmt.Errorf("a snapshot is being written to %s already", s.dir)
	}
	out, err := s.create(s.manifest.next)
	if err != nil {
		return nil, fmt.Errorf("write a snapshot to %s: %w", s.dir, err)
	}
	s.writing = true
	return &Writer{s: s, out: out}, nil
}

// Put gives a key its bytes, in the place of those that it had. An error is that
// of all later calls, and of Commit.
func (w *Writer) Put(key Key, data []byte) error {
	if w.err != nil {
		return w.err
	}
	if len(data) > MaxPart {
		w.err = fmt.Errorf("write a snapshot to %s: %s has %d bytes; %d are the most", w.s.dir, key, len(data), MaxPart)
		return w.err
	}
	p, err := w.out.add(key, data)
	if err != nil {
		w.err = fmt.Errorf("write a snapshot to %s: %w", w.s.dir, err)
		return w.err
	}
	w.done.parts = append(w.done.parts, p)
	return nil
}

// Drop takes a key's bytes away, where it has any.
func (w *Writer) Drop(key Key) {
	w.done.parts = append(w.done.parts, part{owner: key.Owner, kind: key.Kind, number: key.Number, dropped: true})
}

// DropOwner takes away all that an owner has until now, also of this snapshot.
func (w *Writer) DropOwner(owner uint32) {
	w.done.drops = append(w.done.drops, ownerDrop{owner, len(w.done.parts)})
}

// Anew makes Commit write all parts to one new file, so that nothing of what was
// replaced or dropped is on disk afterwards.
func (w *Writer) Anew() { w.anew = true }

// Abort leaves everything as it was.
func (w *Writer) Abort() error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.writing = false
	return w.out.discard()
}

// Commit puts the snapshot in force, with some words about it, such as the
// number of the log up to which it has everything. A crash at any time leaves
// the one before or this one. So does an error, unless it is of the very step
// from the one to the other: the store refuses everything after that, and is
// to be opened anew.
func (w *Writer) Commit(meta []byte) error {
	err := w.commit(meta)
	w.s.mu.Lock()
	w.s.writing = false
	w.s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("write a snapshot to %s: %w", w.s.dir, err)
	}
	return nil
}

func (w *Writer) commit(meta []byte) error {
	if w.err == nil && len(meta) > MaxMeta {
		w.err = fmt.Errorf("meta has %d bytes; %d are the most", len(meta), MaxMeta)
	}
	if w.err != nil {
		return errors.Join(w.err, w.out.discard())
	}
	s := w.s
	next := edition{manifest: manifest{next: s.manifest.next + 1, meta: slices.Clone(meta), files: slices.Clone(s.manifest.files)}, parts: s.parts}
	err := next.append(w.out, w.done.changes())
	if err == nil {
		err = next.merge(s, w.anew)
	}
	if err == nil {
		err = store.SyncDir(s.fs, s.dir) // the names of files are on disk before a manifest that lists them
	}
	if err != nil {
		return errors.Join(err, s.remove(next.made))
	}
	unsure, err := writeManifest(s.fs, s.dir, &next.manifest)
	if err != nil && !unsure {
		return errors.Join(err, s.remove(next.made))
	}
	s.mu.Lock()
	if err != nil {
		s.err = fmt.Errorf("it is not known which snapshot is in force in %s: %w; open it anew", s.dir, err)
		err = errors.Join(err, closeAll(next.made))
	} else {
		s.manifest, s.parts = next.manifest, next.parts
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.remove(next.unused)
}

// edition is a snapshot to be.
type edition struct {
	manifest
	parts  []part
	made   []file // on disk by now
	unused []file // when it is in force
}

// append puts some changes behind those there are.
func (e *edition) append(out *output, c changes) error {
	if len(c.owners)+len(c.parts) == 0 {
		return out.discard()
	}
	number := len(e.files)
	for i := range c.parts {
		if !c.parts[i].dropped {
			c.parts[i].file = uint16(number)
		}
	}
	f, err := out.finish(&c)
	if err != nil {
		return err
	}
	e.files, e.made = append(e.files, f), append(e.made, f)
	e.parts = c.apply(e.parts)
	return nil
}

// remove closes and removes files.
func (s *Store) remove(files []file) error {
	err := closeAll(files)
	for i := range files {
		err = errors.Join(err, store.Remove(s.fs, s.path(&files[i])))
	}
	return err
}

// writeManifest replaces a manifest as a whole; with an error, unsure says
// whether it may have done so.
func writeManifest(fs vfs.FS, dir string, m *manifest) (unsure bool, err error) {
	path := fs.PathJoin(dir, unfinished)
	f, err := fs.Create(path, "usage-snapshot")
	if err != nil {
		return false, err
	}
	_, err = f.Write(m.encode())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return false, err
	}
	err = errors.Join(fs.Rename(path, fs.PathJoin(dir, manifestName)), store.SyncDir(fs, dir))
	return err != nil, err
}

// output is a file that is written.
type output struct {
	s      *Store
	file   file
	to     vfs.File
	buffer *bufio.Writer
}

// syncEvery is after how many bytes a file is handed to the disk: all at once at
// the end would hold up the syncs of the log.
const syncEvery = 1 << 20

func (s *Store) create(number uint64) (*output, error) {
	o := &output{s: s, file: file{number: number}}
	f, err := s.fs.Create(s.path(&o.file), "usage-snapshot")
	if err != nil {
		return nil, err
	}
	o.to = vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: syncEvery, NoSyncOnClose: true})
	o.buffer = bufio.NewWriterSize(o.to, syncEvery/4)
	return o, nil
}

// add writes the bytes of a part.
func (o *output) add(key Key, data []byte) (part, error) {
	p := part{
		owner: key.Owner, kind: key.Kind, number: key.Number,
		offset: o.file.length, length: uint32(len(data)), sum: crc32.Checksum(data, store.Checksum),
	}
	o.file.length += uint64(len(data))
	_, err := o.buffer.Write(data)
	return p, err
}

// finish writes what the file changes, and opens it to be read. It is on disk,
// its name not yet. Where it fails there is no file.
func (o *output) finish(c *changes) (file, error) {
	o.file.owners, o.file.parts = uint32(len(c.owners)), uint32(len(c.parts))
	lists := c.encode()
	o.file.sum = crc32.Checksum(lists, store.Checksum)
	_, err := o.buffer.Write(lists)
	if err = errors.Join(err, o.buffer.Flush()); err == nil {
		err = o.to.Sync()
	}
	if err != nil {
		return file{}, errors.Join(err, o.discard())
	}
	if err = o.to.Close(); err == nil {
		o.file.open, err = o.s.fs.Open(o.s.path(&o.file))
	}
	if err != nil {
		return file{}, errors.Join(err, store.Remove(o.s.fs, o.s.path(&o.file)))
	}
	return o.file, nil
}

func (o *output) discard() error {
	return errors.Join(o.to.Close(), store.Remove(o.s.fs, o.s.path(&o.file)))
}
