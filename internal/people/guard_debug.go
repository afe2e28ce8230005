// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build peopledebug

package people

import "fmt"

// moves counts how often views became stale.
type moves struct{ blocks, entries uint64 }

func (m *moves) block() { m.blocks++ }
func (m *moves) entry() { m.entries++ }

func (m *moves) guardBlock(b *Blocks, slot uint32) guard {
	if slot >= b.blocks.n {
		panic(fmt.Sprintf("people: user %d of %d", slot, b.blocks.n))
	}
	return guard{of: b, slot: slot, since: *m}
}

func (m *moves) guardEntry(b *Blocks, slot uint32) guard {
	return guard{of: b, slot: slot, since: *m, entry: true}
}

// guard is what a view remembers of the time at which it was good.
type guard struct {
	of    *Blocks
	slot  uint32
	since moves
	entry bool
}

func (g guard) check() {
	switch {
	case g.of == nil:
		panic("people: a view of nothing is used")
	case g.since.blocks != g.of.moves.blocks:
		panic(fmt.Sprintf("people: a view of user %d is used after an Insert of a user", g.slot))
	case g.entry && g.since.entries != g.of.moves.entries:
		panic(fmt.Sprintf("people: an entry of user %d is used after entries were inserted or removed", g.slot))
	}
}

func (g guard) checkStore() {
	if g.check(); !g.of.changed.Has(g.slot / chunkBlocks) {
		panic(fmt.Sprintf("people: user %d is changed without Change", g.slot))
	}
}

func (g guard) checkField(at int, wide bool) {
	g.check()
	l := g.of.layout
	if !wide && (at == int(stampHalf) || at == int(linkHalf) && l.entries) {
		return
	}
	for _, c := range l.columns {
		if int(c.at) == at && c.kind.wide() == wide {
			return
		}
	}
	panic(fmt.Sprintf("people: no field of the block is at %d", at))
}

// freed are the nodes of the spill that are in nobody's chain.
type freed struct{ nodes map[uint32]bool }

func (f *freed) release(node uint32) {
	if f.nodes == nil {
		f.nodes = map[uint32]bool{}
	}
	f.nodes[node] = true
}

func (f *freed) take(node uint32) { delete(f.nodes, node) }

func (f *freed) check(node uint32) {
	if f.nodes[node] {
		panic(fmt.Sprintf("people: node %d of the spill is used after it was given back", node))
	}
}
