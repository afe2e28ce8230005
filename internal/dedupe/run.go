// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A run is one file, written once, of keys in their order. All numbers are
// little-endian, a key is its two halves.
//
//	blocks   4096 each: up to 255 keys of 16 | zeros | checksum 4, which begins with the number of the block
//	filter   a block of 64 for up to 32 keys
//	fences   the first key of each block, 16 each
//	tail     64: magic 8 | epoch 8 | first, last 8 each | keys 8 | checksums of filter and fences 4 each | zeros 12 | checksum 4
//
// Checksums are CRC-32C. The filter and the fences are in memory while the run
// is open: a look-up reads one block.
const (
	blockSize = 4096
	keySize   = 16
	blockKeys = (blockSize - 4) / keySize
	tailSize  = 64
	magic     = "counted\x01"
)

// identity is what a run is of: the writes from first to last, in one epoch.
type identity struct {
	epoch       uint16
	first, last uint64
}

// covers reports whether all keys of the other run are in this one too.
func (i identity) covers(other identity) bool {
	return i.epoch == other.epoch && i.first <= other.first && i.last >= other.last
}

func (i identity) compare(other identity) int {
	if i.epoch != other.epoch {
		return int(i.epoch) - int(other.epoch)
	}
	return int(i.first) - int(other.first)
}

const nameFormat = "%05d-%08d-%08d.run"

func (i identity) name() string { return fmt.Sprintf(nameFormat, i.epoch, i.first, i.last) }

// identify returns what the run of a name is of.
func identify(name string) (i identity, ok bool) {
	_, err := fmt.Sscanf(name, nameFormat, &i.epoch, &i.first, &i.last)
	return i, err == nil && name == i.name() && i.first <= i.last
}

type run struct {
	identity
	path   string
	file   vfs.File
	keys   int
	filter filter
	fences []usage.UID
}

// openRun opens a run and reads what it has beside its keys.
func openRun(fs vfs.FS, dir string, i identity) (*run, error) {
	r := &run{identity: i, path: fs.PathJoin(dir, i.name())}
	var err error
	if r.file, err = fs.Open(r.path, vfs.RandomReadsOption); err != nil {
		return nil, err
	}
	if err := r.load(); err != nil {
		return nil, errors.Join(err, r.file.Close())
	}
	return r, nil
}

// close closes the file, which one that is only to be removed does not have.
func (r *run) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

func (r *run) damage(at int64, what string, args ...any) error {
	return &store.Damage{Path: r.path, Offset: at, What: fmt.Sprintf(what, args...)}
}

func (r *run) load() error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	at := size - tailSize
	if at < 0 {
		return r.damage(0, "a run of %d bytes is cut short", size)
	}
	var tail [tailSize]byte
	if err := r.readAt(tail[:], at); err != nil {
		return err
	}
	t := decodeTail(&tail)
	switch {
	case string(tail[:len(magic)]) != magic:
		return r.damage(at, "this is not the end of a run")
	case t.checksum != binary.LittleEndian.Uint32(tail[tailSize-4:]):
		return r.damage(at, "the checksum of the tail is wrong")
	case t.identity != r.identity:
		return r.damage(at, "this is run %s under another name", t.name())
	case t.keys == 0 || t.keys > uint64(size)/keySize:
		return r.damage(at, "%d keys are not in %d bytes", t.keys, size)
	}
	r.keys = int(t.keys)
	blocks := (r.keys + blockKeys - 1) / blockKeys
	fences := at - int64(blocks)*keySize
	filter := int64(blocks) * blockSize
	if filter >= fences || (fences-filter)%filterBlock != 0 {
		return r.damage(at, "%d keys are not in %d bytes", t.keys, size)
	}
	r.filter = make([][8]uint64, (fences-filter)/filterBlock)
	r.fences = make([]usage.UID, blocks)
	n, word := 0, 0
	err = r.part(filter, fences, t.filter, func(v uint64) {
		r.filter[n][word] = v
		if word++; word == 8 {
			n, word = n+1, 0
		}
	})
	if err != nil {
		return err
	}
	n = 0
	return r.part(fences, at, t.fences, func(v uint64) {
		r.fences[n/2][n%2] = v
		n++
	})
}

// tail is what stands at the end of a run.
type tail struct {
	identity
	keys                     uint64
	filter, fences, checksum uint32 // checksums; the last is of the tail itself
}

func (t *tail) encode() *[tailSize]byte {
	var b [tailSize]byte
	copy(b[:], magic)
	binary.LittleEndian.PutUint64(b[8:], uint64(t.epoch))
	binary.LittleEndian.PutUint64(b[16:], t.first)
	binary.LittleEndian.PutUint64(b[24:], t.last)
	binary.LittleEndian.PutUint64(b[32:], t.keys)
	binary.LittleEndian.PutUint32(b[40:], t.filter)
	binary.LittleEndian.PutUint32(b[44:], t.fences)
	binary.LittleEndian.PutUint32(b[tailSize-4:], crc32.Checksum(b[:tailSize-4], store.Checksum))
	return &b
}

// decodeTail returns a tail with the checksum that it should have.
func decodeTail(b *[tailSize]byte) tail {
	return tail{
		identity: identity{
			epoch: uint16(binary.LittleEndian.Uint64(b[8:])),
			first: binary.LittleEndian.Uint64(b[16:]), last: binary.LittleEndian.Uint64(b[24:]),
		},
		keys:   binary.LittleEndian.Uint64(b[32:]),
		filter: binary.LittleEndian.Uint32(b[40:]), fences: binary.LittleEndian.Uint32(b[44:]),
		checksum: crc32.Checksum(b[:tailSize-4], store.Checksum),
	}
}

// part calls f for each number of a part of the file, and checks its checksum.
func (r *run) part(from, to int64, checksum uint32, f func(uint64)) error {
	buffer, sum := make([]byte, min(1<<18, to-from)), uint32(0)
	for at := from; at < to; at += int64(len(buffer)) {
		buffer = buffer[:min(int64(len(buffer)), to-at)]
		if err := r.readAt(buffer, at); err != nil {
			return err
		}
		sum = crc32.Update(sum, store.Checksum, buffer)
		for i := 0; i < len(buffer); i += 8 {
			f(binary.LittleEndian.Uint64(buffer[i:]))
		}
	}
	if sum != checksum {
		return r.damage(from, "the checksum up to byte %d is wrong", to)
	}
	return nil
}

// readAt fills a buffer.
func (r *run) readAt(to []byte, at int64) error {
	n, err := r.file.ReadAt(to, at)
	if n == len(to) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read %s, byte %d: %w", r.path, at, err)
}

// block reads a block and returns how many keys it has.
func (r *run) block(n int, to *[blockSize]byte) (keys int, err error) {
	at := int64(n) * blockSize
	if err := r.readAt(to[:], at); err != nil {
		return 0, err
	}
	if blockChecksum(n, to) != binary.LittleEndian.Uint32(to[blockSize-4:]) {
		return 0, r.damage(at, "the checksum of the block is wrong")
	}
	return min(blockKeys, r.keys-n*blockKeys), nil
}

func blockChecksum(n int, block *[blockSize]byte) uint32 {
	return crc32.Update(uint32(n), store.Checksum, block[:blockSize-4])
}

func keyIn(block *[blockSize]byte, n int) usage.UID {
	b := block[n*keySize:]
	return usage.UID{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

// has looks for a key, in a block that is read into the buffer.
func (r *run) has(uid usage.UID, buffer *[blockSize]byte) (bool, error) {
	n, found := slices.BinarySearchFunc(r.fences, uid, compare)
	if found || n == 0 {
		return found, nil
	}
	keys, err := r.block(n-1, buffer)
	if err != nil {
		return false, err
	}
	at := sort.Search(keys, func(i int) bool { return compare(keyIn(buffer, i), uid) >= 0 })
	return at < keys && keyIn(buffer, at) == uid, nil
}

// inOrder is a source of the keys.
func (r *run) inOrder() source {
	var block [blockSize]byte
	var last usage.UID
	n := 0
	return func(to []usage.UID) ([]usage.UID, error) {
		for ; n < len(r.fences) && len(to) < batch; n++ {
			keys, err := r.block(n, &block)
			if err != nil {
				return nil, err
			}
			for i := range keys {
				uid := keyIn(&block, i)
				if compare(uid, last) <= 0 {
					return nil, r.damage(int64(n)*blockSize+int64(i)*keySize, "the key is out of order")
				}
				to, last = append(to, uid), uid
			}
		}
		return to, nil
	}
}

// IsRun reports whether a path is a run's.
func IsRun(path string) bool { return strings.HasSuffix(path, ".run") }

// Verify reads all of a run, and returns a *store.Damage where it is not as it was
// written.
func Verify(fs vfs.FS, path string) error {
	i, ok := identify(fs.PathBase(path))
	if !ok {
		return fmt.Errorf("%s is no run", path)
	}
	r, err := openRun(fs, fs.PathDir(path), i)
	if err != nil {
		return err
	}
	n := 0
	err = merge([]source{r.inOrder()}, func(usage.UID) error { n++; return nil })
	if err == nil && n != r.keys {
		err = r.damage(0, "it has %d keys instead of %d", n, r.keys)
	}
	return errors.Join(err, r.close())
}
