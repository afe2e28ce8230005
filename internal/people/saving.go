// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// Saving saves the chunks that changed since the last one, as they are when it begins.
// Users may change between two calls of Next: a chunk that does so before its turn is
// encoded first, so that nobody waits until all are.
//
//	Begin        Next         Next
//	  | [0] [1] [2] [3] ...  chunks that changed
//	  |  ^ encoded    ^ Change: encoded now, kept until its turn
//
// The memory of one is used again by the next.
type Saving struct {
	blocks *Blocks
	left   Bitmap            // chunks whose turn has not come
	aside  map[uint32][]byte // those of them that changed meanwhile
	next   uint32            // no chunk before it is left
	encode Encoder
}

// Begin begins to save what changed of some blocks. It ends when Next has nothing
// more, with End, or with the next Begin. Blocks have one that is under way at most.
func (s *Saving) Begin(b *Blocks) {
	s.End()
	s.left = append(s.left[:0], b.changed...)
	clear(b.changed)
	s.blocks, b.saving, s.next = b, s, 0
}

// Next appends the next chunk to bytes, in order, and reports whether there was one.
func (s *Saving) Next(to []byte) (chunk uint32, _ []byte, there bool) {
	if s.blocks == nil {
		return 0, to, false
	}
	if chunk, there = s.left.next(s.next); !there {
		s.End()
		return 0, to, false
	}
	if data, kept := s.aside[chunk]; kept {
		to = append(to, data...)
		delete(s.aside, chunk)
	} else {
		to = s.encode.AppendChunk(to, s.blocks, int(chunk))
	}
	s.left.Unset(chunk)
	s.next = chunk + 1
	return chunk, to, true
}

// End gives up what is left, if anything is. Those chunks do not count as changed.
func (s *Saving) End() {
	if s.blocks != nil {
		s.blocks.saving, s.blocks = nil, nil
		clear(s.aside)
	}
}

// keep encodes a chunk that is about to change, if its turn has not come.
func (s *Saving) keep(chunk uint32) {
	if !s.left.Has(chunk) {
		return
	}
	if _, kept := s.aside[chunk]; kept {
		return
	}
	if s.aside == nil {
		s.aside = map[uint32][]byte{}
	}
	s.aside[chunk] = s.encode.AppendChunk(nil, s.blocks, int(chunk))
}
