// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// A record in a segment, little-endian:
//
//	0  checksum of the header: of bytes 4 to 20 and the segment's generation, 8 bytes
//	4  checksum of the data
//	8  length of the data
//	12 number, 8 bytes
//	20 the data
//
// The generation is in no field, only in the checksum: what an earlier use of
// the file left is no record here.
const (
	headerSize = 20
	// MaxRecord is how many bytes a record may have.
	MaxRecord = 256 << 20
)

// header is a record's but for the data.
type header struct {
	dataSum uint32
	length  uint32
	number  uint64
}

// binder makes headers those of one segment. It has the memory in which what a
// checksum covers is put together.
type binder struct {
	generation uint64
	covered    [headerSize - 4 + 8]byte
}

func (b *binder) sum(head []byte) uint32 {
	binary.LittleEndian.PutUint64(b.covered[copy(b.covered[:], head[4:headerSize]):], b.generation)
	return crc32.Checksum(b.covered[:], store.Checksum)
}

func (b *binder) encode(head []byte, h header) {
	binary.LittleEndian.PutUint32(head[4:], h.dataSum)
	binary.LittleEndian.PutUint32(head[8:], h.length)
	binary.LittleEndian.PutUint64(head[12:], h.number)
	binary.LittleEndian.PutUint32(head, b.sum(head))
}

// decode reports whether a header is one of the segment, with a length for which
// so many bytes, its own included, have room.
func (b *binder) decode(head []byte, room int64) (h header, ok bool) {
	h = header{
		dataSum: binary.LittleEndian.Uint32(head[4:]),
		length:  binary.LittleEndian.Uint32(head[8:]),
		number:  binary.LittleEndian.Uint64(head[12:]),
	}
	ok = b.sum(head) == binary.LittleEndian.Uint32(head) &&
		h.length <= MaxRecord && int64(h.length) <= room-headerSize
	return h, ok
}

// reader reads the records of one segment.
type reader struct {
	binder
	file   vfs.File
	size   int64 // of the file
	offset int64 // of the next record
	from   *bufio.Reader
	data   []byte
}

// readAhead is how much of a segment is read at once.
const readAhead = 1 << 20

func newReader(file vfs.File, generation uint64, offset int64) (*reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	return &reader{
		binder: binder{generation: generation}, file: file, size: size, offset: offset,
		from: bufio.NewReaderSize(io.NewSectionReader(file, offset, size-offset), int(min(readAhead, max(size-offset, headerSize)))),
	}, nil
}

// next returns the record at r.offset, valid until the next call, and goes on
// behind it; ok is false where there is no whole one. An error is one of the
// file system.
func (r *reader) next() (number uint64, data []byte, ok bool, err error) {
	head, err := r.from.Peek(headerSize)
	if len(head) < headerSize {
		return 0, nil, false, ignoreEOF(err)
	}
	h, ok := r.decode(head, r.size-r.offset)
	if !ok {
		return 0, nil, false, nil
	}
	_, _ = r.from.Discard(headerSize) // peeked
	if uint32(cap(r.data)) < h.length {
		r.data = make([]byte, h.length)
	}
	r.data = r.data[:h.length]
	if _, err := io.ReadFull(r.from, r.data); err != nil {
		return 0, nil, false, ignoreEOF(err)
	}
	if crc32.Checksum(r.data, store.Checksum) != h.dataSum {
		return 0, nil, false, nil
	}
	r.offset += headerSize + int64(h.length)
	return h.number, r.data, true, nil
}

// whole returns the offset of a whole record behind r.offset, numbered from
// least on; found is false where there is none. A record is written only when
// the one before is on disk, so one that is torn has none behind it.
func (r *reader) whole(least uint64) (offset int64, found bool, err error) {
	most := least + uint64(r.size)/headerSize
	window := make([]byte, min(readAhead+headerSize-1, r.size-r.offset))
	for at := r.offset + 1; at+headerSize <= r.size; at += readAhead {
		n, err := r.file.ReadAt(window[:min(int64(len(window)), r.size-at)], at)
		if ignoreEOF(err) != nil {
			return 0, false, err
		}
		for i := 0; i+headerSize <= n; i++ {
			number := binary.LittleEndian.Uint64(window[i+12:])
			if number < least || number > most {
				continue
			}
			offset := at + int64(i)
			h, ok := r.decode(window[i:], r.size-offset)
			if !ok {
				continue
			}
			sum := crc32.New(store.Checksum)
			if _, err := io.Copy(sum, io.NewSectionReader(r.file, offset+headerSize, int64(h.length))); err != nil {
				return 0, false, err
			}
			if sum.Sum32() == h.dataSum {
				return offset, true, nil
			}
		}
	}
	return 0, false, nil
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
