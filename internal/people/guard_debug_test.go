// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build peopledebug

package people

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrongAccessesPanic(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Half}, {ID: 2, Kind: Word}, {Kind: Places, Count: 1}})
	for message, access := range map[string]func(b *Blocks){
		"people: user 2 of 2": func(b *Blocks) { b.At(2) },
		"people: a view of user 0 is used after an Insert of a user": func(b *Blocks) {
			block := b.At(0)
			b.Insert(3 << 32)
			block.Hash()
		},
		"people: user 1 is changed without Change": func(b *Blocks) { b.At(1).Set32(l.Field32(1), 1) },
		"people: no field of the block is at 7":    func(b *Blocks) { b.At(1).Get64(7) },
		"people: an entry of user 0 is used after entries were inserted or removed": func(b *Blocks) {
			e, _ := b.At(0).Find(10)
			b.At(1).Remove(10, 0)
			e.Word()
		},
		"people: node 0 of the spill is used after it was given back": func(b *Blocks) {
			for i := range uint32(l.Places()) {
				b.At(0).Insert(20, i)
			}
			c := b.At(0).Entries()
			for c.Next() {
				continue
			}
			b.spill.release(0)
			c.link()
		},
		"people: a view of nothing is used": func(*Blocks) { Entry{}.Word() },
	} {
		b := New(l)
		for user := range uint64(2) {
			b.At(b.Insert(user<<32)).Insert(10, 0)
		}
		saved(b)
		require.PanicsWithValue(t, message, func() { access(b) })
	}
}
