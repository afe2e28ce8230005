// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Notes are first items of an organization's users that are not in rows yet.
type Notes struct {
	bytes wire.Encoder
	of    []note
}

// note is bytes[from:to], as a row has them.
type note struct{ slot, from, to uint32 }

// Add notes first items of a user.
func (n *Notes) Add(slot uint32, firsts []First) {
	from := len(n.bytes.Bytes)
	EncodeFirsts(&n.bytes, firsts)
	n.of = append(n.of, note{slot, uint32(from), uint32(len(n.bytes.Bytes))})
}

// Drop drops what is noted of a user.
func (n *Notes) Drop(slot uint32) {
	n.of = slices.DeleteFunc(n.of, func(x note) bool {
		if x.slot == slot {
			clear(n.bytes.Bytes[x.from:x.to])
		}
		return x.slot == slot
	})
}

// Take calls f with the rows that the notes are to be merged into, in the order of
// their keys, and has no notes after that. A key may come more than once.
func (n *Notes) Take(organization uint32, f func(key, value []byte)) {
	slices.SortFunc(n.of, func(a, b note) int { return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.from, b.from)) })
	for _, x := range n.of {
		f(FirstsOf(organization, x.slot), n.bytes.Bytes[x.from:x.to])
	}
	*n = Notes{}
}
