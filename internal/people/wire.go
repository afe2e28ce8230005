// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// errCut is what is said of bytes that nobody wrote.
var errCut = errors.New("it is cut short or not of this format")

// encoder appends numbers to bytes.
type encoder struct{ bytes []byte }

func (e *encoder) uint(v uint64) { e.bytes = binary.AppendUvarint(e.bytes, v) }

func (e *encoder) int(v int64) { e.bytes = binary.AppendVarint(e.bytes, v) }

// sparse appends a word of which many bytes are 0: a bit for each byte that is
// not, then those bytes, lowest first.
func (e *encoder) sparse(v uint64) {
	at := len(e.bytes)
	e.bytes = append(e.bytes, 0)
	for i := range 8 {
		if b := byte(v >> (8 * i)); b != 0 {
			e.bytes[at] |= 1 << i
			e.bytes = append(e.bytes, b)
		}
	}
}

// decoder reads what an encoder wrote. After the first error it returns zeros.
type decoder struct {
	bytes []byte
	err   error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.bytes = nil
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.bytes)
	if n <= 0 {
		d.fail(errCut)
		return 0
	}
	d.bytes = d.bytes[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.bytes)
	if n <= 0 {
		d.fail(errCut)
		return 0
	}
	d.bytes = d.bytes[n:]
	return v
}

func (d *decoder) sparse() (v uint64) {
	if len(d.bytes) == 0 || len(d.bytes) <= bits.OnesCount8(d.bytes[0]) {
		d.fail(errCut)
		return 0
	}
	which, n := d.bytes[0], 1
	for ; which != 0; which &= which - 1 {
		v |= uint64(d.bytes[n]) << (8 * bits.TrailingZeros8(which))
		n++
	}
	d.bytes = d.bytes[n:]
	return v
}

// fixed reads 8 bytes.
func (d *decoder) fixed() uint64 {
	if len(d.bytes) < 8 {
		d.fail(errCut)
		return 0
	}
	v := binary.LittleEndian.Uint64(d.bytes)
	d.bytes = d.bytes[8:]
	return v
}

// half returns a number of 32 bits.
func (d *decoder) half(v int64) uint32 {
	if v != int64(uint32(v)) {
		d.fail(errCut)
		return 0
	}
	return uint32(v)
}
