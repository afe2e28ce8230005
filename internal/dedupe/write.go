// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// temporary is how the name of a run ends that is not complete.
const temporary = ".temporary"

// writer writes a run: first its keys in their order, by add, then finish.
type writer struct {
	fs    vfs.FS
	dir   string
	run   *run
	file  vfs.File
	out   *bufio.Writer
	block [blockSize]byte // the keys of the last block, which is not written yet
	last  usage.UID
}

// writeEvery is how many bytes of a run the system may hold back: it would be
// busy with them when somebody else syncs.
const writeEvery = 1 << 20

// writeRun writes a run of the keys of some sources, of which there are keys at
// most. When it returns, the run is on disk and open.
func writeRun(fs vfs.FS, dir string, i identity, keys int, sources ...source) (*run, error) {
	w := &writer{fs: fs, dir: dir, run: &run{identity: i, path: fs.PathJoin(dir, i.name()), filter: newFilter(keys)}}
	file, err := fs.Create(w.run.path+temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	w.file = vfs.NewSyncingFile(file, vfs.SyncingFileOptions{BytesPerSync: writeEvery})
	w.out = bufio.NewWriterSize(w.file, 1<<16)
	err = merge(sources, w.add)
	if err == nil {
		err = w.finish()
	}
	if err = errors.Join(err, w.file.Close()); err == nil {
		err = w.publish()
	}
	if err != nil {
		_ = store.Remove(fs, w.run.path+temporary) // at the latest when the set is opened
		return nil, fmt.Errorf("write run %s: %w", w.run.path, err)
	}
	return w.run, nil
}

// add writes a key, once.
func (w *writer) add(uid usage.UID) error {
	if uid == w.last {
		return nil
	}
	w.last = uid
	at := w.run.keys % blockKeys
	if at == 0 {
		if err := w.endBlock(); err != nil {
			return err
		}
		w.run.fences = append(w.run.fences, uid)
	}
	binary.LittleEndian.PutUint64(w.block[at*keySize:], uid[0])
	binary.LittleEndian.PutUint64(w.block[at*keySize+8:], uid[1])
	w.run.keys++
	w.run.filter.add(uid)
	return nil
}

// endBlock writes the block that was begun, where there is one.
func (w *writer) endBlock() error {
	n := len(w.run.fences) - 1
	if n < 0 {
		return nil
	}
	clear(w.block[(w.run.keys-n*blockKeys)*keySize:])
	binary.LittleEndian.PutUint32(w.block[blockSize-4:], blockChecksum(n, &w.block))
	_, err := w.out.Write(w.block[:])
	return err
}

// finish writes what follows the keys, and syncs the file.
func (w *writer) finish() error {
	if err := w.endBlock(); err != nil {
		return err
	}
	t := tail{identity: w.run.identity, keys: uint64(w.run.keys)}
	for i := range w.run.filter {
		if err := w.numbers(&t.filter, w.run.filter[i][:]); err != nil {
			return err
		}
	}
	for i := range w.run.fences {
		if err := w.numbers(&t.fences, w.run.fences[i][:]); err != nil {
			return err
		}
	}
	if _, err := w.out.Write(t.encode()[:]); err != nil {
		return err
	}
	return errors.Join(w.out.Flush(), w.file.Sync())
}

// numbers writes numbers of a part whose checksum goes on from sum.
func (w *writer) numbers(sum *uint32, numbers []uint64) error {
	b := w.block[:0]
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	*sum = crc32.Update(*sum, store.Checksum, b)
	_, err := w.out.Write(b)
	return err
}

// publish gives the file the name of the run, and opens it.
func (w *writer) publish() error {
	if err := w.fs.Rename(w.run.path+temporary, w.run.path); err != nil {
		return err
	}
	if err := store.SyncDir(w.fs, w.dir); err != nil {
		return err
	}
	var err error
	w.run.file, err = w.fs.Open(w.run.path, vfs.RandomReadsOption)
	return err
}

// makeDir makes the directory of a set, and removes runs that are not complete.
func makeDir(fs vfs.FS, dir string) error {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := store.SyncDir(fs, fs.PathDir(dir)); err != nil {
		return err
	}
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, temporary) {
			if err := fs.Remove(fs.PathJoin(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
