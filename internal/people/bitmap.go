// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"math/bits"

	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
)

// Bitmap is a set of small numbers: a bit each, up to the largest that was ever
// in it. The zero Bitmap is empty.
type Bitmap []uint64

// Has reports whether a number is in the set.
func (b Bitmap) Has(n uint32) bool { return int(n>>6) < len(b) && b[n>>6]>>(n&63)&1 != 0 }

// Set puts a number into the set.
func (b *Bitmap) Set(n uint32) {
	for int(n>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

// prefetch asks for where a number is.
func (b Bitmap) prefetch(n uint32) {
	if int(n>>6) < len(b) {
		prefetch.Of(&b[n>>6])
	}
}

// Unset takes a number out of the set.
func (b Bitmap) Unset(n uint32) {
	if int(n>>6) < len(b) {
		b[n>>6] &^= 1 << (n & 63)
	}
}

// next returns the smallest number in the set that is at least n.
func (b Bitmap) next(n uint32) (uint32, bool) {
	for i := int(n >> 6); i < len(b); i++ {
		w := b[i]
		if i == int(n>>6) {
			w &= ^uint64(0) << (n & 63)
		}
		if w != 0 {
			return uint32(i<<6 + bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

// Each calls f for every number in the set, in order.
func (b Bitmap) Each(f func(n uint32)) {
	for n, there := b.next(0); there; n, there = b.next(n + 1) {
		f(n)
	}
}
