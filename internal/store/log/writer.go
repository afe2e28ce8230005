// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

const (
	// pageSize is what a file system writes at once. The rest of a record's last
	// page is written as zeros, so that no page has to be read to be changed.
	pageSize = 4096
	// bufferSize is how much of a record is handed to the file system in one write.
	bufferSize = 64 * pageSize
	// growth is by how much a new file grows at once: a sync that changes a
	// file's size costs a commit of the file system's own journal, so that one in
	// a MiB pays it, and none in a file that is used again.
	growth = 1 << 20
)

// writer writes the records of one segment.
type writer struct {
	binder
	file vfs.File
	end  int64 // of the last record
	size int64 // of the file
	most int64 // to which the file grows beforehand
	buf  []byte
}

// newBuffer returns a writer's buffer: a record begins and ends anywhere in a page, so
// that the last piece of one may be followed by the rest of its page.
func newBuffer() []byte { return make([]byte, bufferSize+pageSize) }

// write writes a record; it is in force when the file is synced. The file has room
// for it on disk before: one whose header says more than the file has was cut short
// later.
func (w *writer) write(number uint64, data []byte) error {
	h := header{dataSum: crc32.Checksum(data, store.Checksum), length: uint32(len(data)), number: number}
	if err := w.grow(pageUp(w.end + headerSize + int64(len(data)))); err != nil {
		return err
	}
	w.encode(w.buf, h)
	at, filled := w.end, headerSize
	for {
		n := copy(w.buf[filled:bufferSize], data)
		filled, data = filled+n, data[n:]
		if len(data) == 0 {
			break
		}
		if err := w.put(w.buf[:filled], at); err != nil {
			return err
		}
		at, filled = at+int64(filled), 0
	}
	w.end = at + int64(filled)
	page := filled + int(pageUp(w.end)-w.end)
	clear(w.buf[filled:page])
	return w.put(w.buf[:page], at)
}

func pageUp(at int64) int64 { return (at + pageSize - 1) &^ (pageSize - 1) }

func (w *writer) put(p []byte, at int64) error {
	_, err := w.file.WriteAt(p, at)
	return err
}

// grow writes zeros, and syncs them, where a new file is not as long yet as is
// needed.
func (w *writer) grow(need int64) error {
	if need <= w.size {
		return nil
	}
	at := w.size
	w.size = max(need, min((need+growth-1)&^(growth-1), w.most))
	clear(w.buf)
	for at < w.size {
		n := min(int64(bufferSize), w.size-at)
		if err := w.put(w.buf[:n], at); err != nil {
			return err
		}
		at += n
	}
	return w.file.SyncData()
}

// grown returns up to where a file of a size was on disk before its records were
// written: all of it, or where it has an odd size, since it was growing or was cut
// short, what it had before.
func grown(size, most int64) int64 {
	if size >= most {
		return size
	}
	return size &^ (growth - 1)
}
