// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"fmt"
	"hash/crc32"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// What is not whole at the end of the log is what a crash left of a record that
// was not acknowledged, or one that was, and that was damaged later. A write that
// was cut short lacks whole sectors, and has room in the file, since that is on
// disk before. So it is damage
//
//   - where one bit makes it whole. That is right for a torn record too once in
//     2^32 for each of its bits, and a start that is refused is the better mistake;
//   - where its header says more than the file has;
//   - where the file has an odd size, and had room behind its last record before
//     it could get that.
//
// What is left is a record of which a sector was lost later: it is taken for a
// torn one, unless the log is known to have reached it (Options.Reached).

// spoilt says what is wrong with what stands at r.offset, numbered from least on,
// if it is not the remains of a torn record; "": nothing.
func (r *reader) spoilt(least uint64, most int64) (what string, err error) {
	if r.size < most && r.offset > grown(r.size, most) {
		return fmt.Sprintf("the file was cut short to %d bytes", r.size), nil
	}
	head := make([]byte, min(headerSize, r.size-r.offset))
	if len(head) < headerSize {
		return "", nil
	}
	if _, err := r.file.ReadAt(head, r.offset); ignoreEOF(err) != nil {
		return "", err
	}
	h, whole := r.decode(head, headerSize+MaxRecord)
	switch {
	case !whole:
		return r.oneBitOff(head, least), nil
	case h.number < least:
		return "", nil
	case int64(h.length) > r.size-r.offset-headerSize:
		return fmt.Sprintf("record %d was cut off", h.number), nil
	}
	data := make([]byte, h.length)
	if _, err := r.file.ReadAt(data, r.offset+headerSize); ignoreEOF(err) != nil {
		return "", err
	}
	if oneBitApart(crc32.Checksum(data, store.Checksum), h.dataSum, len(data)) {
		return fmt.Sprintf("a bit of record %d is wrong", h.number), nil
	}
	return "", nil
}

// oneBitOff says so where one bit makes bytes the header of a record that is due.
func (r *reader) oneBitOff(head []byte, least uint64) string {
	for bit := range 8 * headerSize {
		head[bit/8] ^= 1 << (bit % 8)
		h, ok := r.decode(head, headerSize+MaxRecord)
		head[bit/8] ^= 1 << (bit % 8)
		if ok && h.number >= least {
			return fmt.Sprintf("a bit of the header of record %d is wrong", h.number)
		}
	}
	return ""
}

// oneBitApart reports whether one bit, of so many bytes, is what makes one checksum
// another one: what a bit adds to it depends only on how far it is from the end.
func oneBitApart(a, b uint32, bytes int) bool {
	difference, of := a^b, uint32(crc32.Castagnoli)
	for range 8 * bytes {
		if of == difference {
			return true
		}
		lowest := of & 1
		of >>= 1
		if lowest != 0 {
			of ^= crc32.Castagnoli
		}
	}
	return false
}
