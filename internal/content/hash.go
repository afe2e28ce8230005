// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package content hashes what tells one item from another where it has no uid. Values
// of pdata and those that are bytes still have the same hash.
//
//	what an item has --Text, Number, Map, Attributes, ...--> Hash --Content--> UID
//	what many have in common --Add, written once-----------> |
package content

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/dchest/siphash"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// The keys of content hashes. Duplicates are looked up on disk by them, so
// neither the keys nor the encodings below may ever change. One has: that of events
// of long spans, see docs/decisions/0013.
const (
	key0        = 0x6f74656c636f6c2d
	keyOfParts  = 0x75736167652d3031 // and of former content
	keyOfWholes = 0x75736167652d3032
)

// maxDepth bounds the nesting of attribute values that a hash tells apart;
// what lies deeper is as good as equal.
const maxDepth = 64

// Hash hashes contents, one after the other. Every part is written with
// its length or a tag before it, so that no two contents share an encoding.
// Attributes are hashed one by one and their hashes sorted, so that the order
// in which a sender writes them does not matter.
type Hash struct {
	buffer []byte
	sums   []usage.UID
}

// Reset begins a content.
func (h *Hash) Reset() { h.buffer, h.sums = h.buffer[:0], h.sums[:0] }

// Len is how many bytes have been written.
func (h *Hash) Len() int { return len(h.buffer) }

// Content returns the hash of all that was written.
func (h *Hash) Content() usage.UID {
	a, b := siphash.Hash128(key0, keyOfWholes, h.buffer)
	return usage.UID{a, b}
}

// Cut hashes what was written from start on as a part, and takes it off again.
func (h *Hash) Cut(start int) usage.UID {
	a, b := siphash.Hash128(key0, keyOfParts, h.buffer[start:])
	h.buffer = h.buffer[:start]
	return usage.UID{a, b}
}

// Byte writes a byte.
func (h *Hash) Byte(b byte) { h.buffer = append(h.buffer, b) }

// Change writes another byte in the place of one.
func (h *Hash) Change(at int, to byte) { h.buffer[at] = to }

// Text writes a text.
func (h *Hash) Text(s string) {
	h.Number(uint64(len(s)))
	h.buffer = append(h.buffer, s...)
}

// Bytes writes what Text would of the same bytes.
func (h *Hash) Bytes(b []byte) {
	h.Number(uint64(len(b)))
	h.buffer = append(h.buffer, b...)
}

// ID writes an id of a size, 16 at most; one that is absent is zeros.
func (h *Hash) ID(b []byte, size int) {
	var id [16]byte
	copy(id[:], b)
	h.buffer = append(h.buffer, id[:size]...)
}

// Number writes a number.
func (h *Hash) Number(n uint64) { h.buffer = binary.LittleEndian.AppendUint64(h.buffer, n) }

// Enumeration writes a number of 32 bits as pdata has it.
func (h *Hash) Enumeration(bits uint64) { h.Number(uint64(int32(bits))) }

// Bool writes a bool.
func (h *Hash) Bool(b bool) {
	if b {
		h.Byte(1)
	} else {
		h.Byte(0)
	}
}

// Sum writes the hash of a part.
func (h *Hash) Sum(s usage.UID) {
	h.Number(s[0])
	h.Number(s[1])
}

// sorted writes the hashes of attributes, from the first of them on, and drops
// them.
func (h *Hash) sorted(first int) {
	own := h.sums[first:]
	slices.SortFunc(own, func(a, b usage.UID) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	h.Number(uint64(len(own)))
	for _, s := range own {
		h.Sum(s)
	}
	h.sums = h.sums[:first]
}

// MaxShared bounds what many items have in common and each has in its content as it
// is, in bytes: 128 attributes, as many as SDKs take, and a name are less. What is
// longer would make a request cost the product of two of its parts.
const MaxShared = 4 << 10

// Shared is what items have in common, as it stands in the content of each. It is
// written once, when the first of them asks.
type Shared struct {
	bytes   []byte
	long    bool
	written bool
}

// Long reports whether it is more than MaxShared, so that contents have its hash.
func (s *Shared) Long() bool { return s.long }

// Reset is for other items, in the same memory.
func (s *Shared) Reset() { s.written = false }

// Add adds what items have in common, which write writes.
func (h *Hash) Add(s *Shared, write func(h *Hash)) {
	if !s.written {
		start := len(h.buffer)
		write(h)
		if s.long = len(h.buffer)-start > MaxShared; s.long {
			h.Sum(h.Cut(start))
		}
		s.bytes, s.written = append(s.bytes[:0], h.buffer[start:]...), true
		h.buffer = h.buffer[:start]
	}
	h.buffer = append(h.buffer, s.bytes...)
}
