// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package wide

import "encoding/binary"

// AppendVarint appends a as binary.AppendVarint does: of what an int64 holds
// the bytes are the same.
func AppendVarint(to []byte, a Int) []byte {
	if n, ok := a.Int64(); ok {
		return binary.AppendVarint(to, n)
	}
	sign := a.hi >> 63
	hi, lo := uint64(a.hi)<<1|a.lo>>63, a.lo<<1
	hi, lo = hi^uint64(sign), lo^uint64(sign)
	for hi != 0 || lo >= 0x80 {
		to = append(to, byte(lo)|0x80)
		hi, lo = hi>>7, lo>>7|hi<<57
	}
	return append(to, byte(lo))
}

// maxVarint is the length of the longest: 18 times 7 bits, and the last two.
const maxVarint = 19

// Varint reads what AppendVarint wrote and returns its length, 0 where b has
// none.
func Varint(b []byte) (a Int, n int) {
	var hi, lo uint64
	for n < len(b) && n < maxVarint {
		part, shift := uint64(b[n]&0x7f), uint(7*n)
		if n == maxVarint-1 && part > 3 {
			return Int{}, 0
		}
		hi |= part<<(shift-64) | part>>(64-shift) // shifts by 64 and more give 0
		lo |= part << shift
		n++
		if b[n-1] < 0x80 {
			sign := -(lo & 1)
			return Int{int64(hi>>1 ^ sign), (lo>>1 | hi<<63) ^ sign}, n
		}
	}
	return Int{}, 0
}
