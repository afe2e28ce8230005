// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// spill is where the entries of an organization stand that have no place in
// their users' blocks: nodes of four entries, a cache line each, chained by
// number + 1. Nodes that are given back are used again.
//
//	nodes  [ entry | entry | entry | entry ]   one after the other
//	links  [ next | next ] [ next | next ]     a half a node: the chain's next node, or the next free one
type spill struct {
	nodes arena
	links arena
	free  uint32 // the first, + 1
	taken uint32 // nodes in use
	freed freed
}

func newSpill() spill { return spill{nodes: newArena(lineWords), links: newArena(1)} }

// take returns a node of zeros, chained to nothing. Other nodes may move.
func (s *spill) take() (node uint32) {
	s.taken++
	if s.free != 0 {
		node = s.free - 1
		s.freed.take(node)
		s.free = s.link(node)
		s.setLink(node, 0)
		return node
	}
	node, _ = s.nodes.add()
	if node%2 == 0 {
		s.links.add()
	}
	return node
}

// release takes a node back.
func (s *spill) release(node uint32) {
	clear(s.at(node))
	s.setLink(node, s.free)
	s.free = node + 1
	s.taken--
	s.freed.release(node)
}

func (s *spill) at(node uint32) []uint64 {
	s.freed.check(node)
	return s.nodes.at(node)
}

func (s *spill) link(node uint32) uint32 {
	s.freed.check(node)
	return half(s.links.at(node/2), int(node%2))
}

func (s *spill) setLink(node, to uint32) {
	s.freed.check(node)
	setHalf(s.links.at(node/2), int(node%2), to)
}

func (s *spill) bytes() int { return s.nodes.bytes() + s.links.bytes() }
