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
	filed <-chan struct{} // see Filed
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
	*n = Notes{filed: n.filed}
}

// Filing is notes on their way to rows, while others are noted. The zero Filing has none.
type Filing struct {
	Notes
	done chan struct{}
}

// HandOver hands all notes over.
func (n *Notes) HandOver() Filing {
	if n.of == nil { // as of most organizations at most times
		return Filing{}
	}
	f := Filing{*n, make(chan struct{})}
	*n = Notes{filed: f.done}
	return f
}

// Filed is closed when the notes that were handed over last are in their rows, or will not
// be; nil: there were none.
func (n *Notes) Filed() <-chan struct{} { return n.filed }

// End says that they are.
func (f *Filing) End() {
	if f.done != nil {
		close(f.done)
		f.done = nil
	}
}
