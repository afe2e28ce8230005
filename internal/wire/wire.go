// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package wire is how state is written: integers as varints, sums of up to 128
// bits, strings and lists behind their length. A Decoder keeps its first error, so
// that a reader checks once, at the end.
package wire

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// ErrCorrupt says that bytes read back are not what was written.
var ErrCorrupt = errors.New("state is cut short or not of this format")

// Encoder appends values to a byte slice. Integers are varints.
type Encoder struct{ Bytes []byte }

// Uint appends an unsigned integer.
func (e *Encoder) Uint(v uint64) { e.Bytes = binary.AppendUvarint(e.Bytes, v) }

// Int appends a signed integer.
func (e *Encoder) Int(v int64) { e.Bytes = binary.AppendVarint(e.Bytes, v) }

// Wide appends a sum: of what an int64 holds the bytes are those of Int.
func (e *Encoder) Wide(v wide.Int) { e.Bytes = wide.AppendVarint(e.Bytes, v) }

// Bool appends a flag.
func (e *Encoder) Bool(v bool) {
	if v {
		e.Uint(1)
	} else {
		e.Uint(0)
	}
}

// String appends a string.
func (e *Encoder) String(s string) {
	e.Uint(uint64(len(s)))
	e.Bytes = append(e.Bytes, s...)
}

// Decoder reads what an Encoder wrote. After the first error it returns zeros,
// so that callers may check Err once at the end.
type Decoder struct {
	Bytes []byte
	err   error
}

// Err returns the first error.
func (d *Decoder) Err() error { return d.err }

// Fail says that what was read means nothing.
func (d *Decoder) Fail() { d.FailWith(ErrCorrupt) }

// FailWith says so, and why. The first error stays.
func (d *Decoder) FailWith(err error) {
	if d.err == nil {
		d.err = err
	}
	d.Bytes = nil
}

// Uint reads an unsigned integer.
func (d *Decoder) Uint() uint64 {
	v, n := binary.Uvarint(d.Bytes)
	if n <= 0 {
		d.Fail()
		return 0
	}
	d.Bytes = d.Bytes[n:]
	return v
}

// Int reads a signed integer.
func (d *Decoder) Int() int64 {
	v, n := binary.Varint(d.Bytes)
	if n <= 0 {
		d.Fail()
		return 0
	}
	d.Bytes = d.Bytes[n:]
	return v
}

// Wide reads a sum.
func (d *Decoder) Wide() wide.Int {
	v, n := wide.Varint(d.Bytes)
	if n == 0 {
		d.Fail()
		return wide.Int{}
	}
	d.Bytes = d.Bytes[n:]
	return v
}

// Bool reads a flag.
func (d *Decoder) Bool() bool { return d.Uint() != 0 }

// String reads a string.
func (d *Decoder) String() string {
	n := d.Count(1)
	s := string(d.Bytes[:n])
	d.Bytes = d.Bytes[n:]
	return s
}

// Count reads the number of items that follow, each of at least size bytes,
// so that a corrupt count cannot make the reader allocate without bound.
func (d *Decoder) Count(size int) int {
	n := d.Uint()
	if n > uint64(len(d.Bytes)/size) {
		d.Fail()
		return 0
	}
	return int(n)
}

// Sparse appends a word of which most bytes are 0: one bit for each byte that
// is not, then those bytes, lowest first.
func (e *Encoder) Sparse(v uint64) {
	which, n := nonzero(v), 1
	to := [9]byte{which}
	for ; which != 0; which &= which - 1 {
		to[n] = byte(v >> (8 * bits.TrailingZeros8(which)))
		n++
	}
	e.Bytes = append(e.Bytes, to[:n]...)
}

// nonzero returns a bit for each byte of a word that is not 0, the lowest first.
func nonzero(v uint64) uint8 {
	const low = 0x7f7f7f7f7f7f7f7f
	high := ((v&low + low) | v) &^ low // the highest bit of each such byte
	return uint8(high >> 7 * 0x0102040810204080 >> 56)
}

// Sparse reads such a word.
func (d *Decoder) Sparse() (v uint64) {
	if len(d.Bytes) == 0 || len(d.Bytes) <= bits.OnesCount8(d.Bytes[0]) {
		d.Fail()
		return 0
	}
	which, n := d.Bytes[0], 1
	for ; which != 0; which &= which - 1 {
		v |= uint64(d.Bytes[n]) << (8 * bits.TrailingZeros8(which))
		n++
	}
	d.Bytes = d.Bytes[n:]
	return v
}

// Strings appends a list of strings.
func (e *Encoder) Strings(list []string) {
	e.Uint(uint64(len(list)))
	for _, s := range list {
		e.String(s)
	}
}

// Strings reads such a list.
func (d *Decoder) Strings() (list []string) {
	for range d.Count(1) {
		list = append(list, d.String())
	}
	return list
}

// Fixed reads an unsigned integer of 8 bytes, little-endian.
func (d *Decoder) Fixed() uint64 {
	if len(d.Bytes) < 8 {
		d.Fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(d.Bytes)
	d.Bytes = d.Bytes[8:]
	return v
}

// Half returns a number of 32 bits.
func (d *Decoder) Half(v int64) uint32 {
	if v != int64(uint32(v)) {
		d.Fail()
		return 0
	}
	return uint32(v)
}
