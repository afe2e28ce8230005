// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "math/bits"

func (b *bitmap) unset(n uint32) {
	if b.has(n) {
		(*b)[n>>6] &^= 1 << (n & 63)
	}
}

// bitmap is a set of small numbers.
type bitmap []uint64

func (b bitmap) has(n uint32) bool { return int(n>>6) < len(b) && b[n>>6]>>(n&63)&1 != 0 }

func (b *bitmap) set(n uint32) {
	for int(n>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

// each calls f for every number in the set, in order.
func (b bitmap) each(f func(n uint32)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(uint32(i<<6 + bits.TrailingZeros64(w)))
		}
	}
}
