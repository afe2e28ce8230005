// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// A chunk is stored field by field, under the numbers by which they were
// claimed, so that it may be read under another layout. A field that is zero
// for all of a chunk's users is not there; for those of whom it is zero there
// is a bit.
//
//	chunk    users | hash 8 each | stamps | fields | 0 | entries
//	stamps   absent: sparse | stamp - that of the last one: int, each
//	field    1 + (claim's ID << 2 | kind) | absent: sparse | value each, of IDs in order
//	         absent has a bit for each user of whom the field is zero
//	value    Half: uint; Minute: stamp - it: int; Word and Periods: sparse
//	entries  absent: sparse | for each user: how many | those, by ID, then at
//	entry    ID - the last one's | at | word: sparse
//	at       Periodic: stamp - it: int; else it - that of the last one with the same ID: int
//
// A user of one class takes the hash and 10 to 14 bytes.

// Encoder encodes chunks; it keeps what it needs for that.
type Encoder struct {
	wire.Encoder
	sorted []entry
}

// AppendChunk appends a chunk to bytes. Equal chunks give equal bytes, however
// their entries came about.
func (e *Encoder) AppendChunk(to []byte, b *Blocks, chunk int) []byte {
	e.Bytes = to
	v := b.view(chunk, min(chunkBlocks, b.Len()-chunk*chunkBlocks))
	e.Uint(uint64(v.n))
	for i := range v.n {
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, v.words[i*v.stride])
	}
	e.stamps(&v)
	for _, c := range b.layout.columns {
		if c.kind == Place {
			continue
		}
		e.field(&v, c)
	}
	e.Uint(0)
	e.entries(&v)
	to, e.Bytes = e.Bytes, nil
	return to
}

// view is the n blocks of a chunk, which stand one behind the other.
type view struct {
	blocks *Blocks
	first  uint32 // slot
	n      int
	words  []uint64
	stride int // words a block
}

func (b *Blocks) view(chunk, n int) view {
	v := view{blocks: b, first: uint32(chunk * chunkBlocks), n: n, stride: b.layout.words}
	slab, i := b.blocks.place(v.first)
	v.words = slab[i : i+n*v.stride]
	return v
}

// spot is where a field stands in a word of a block.
type spot struct {
	word, shift int
	mask        uint64
}

func (c column) spot() spot {
	if c.kind.wide() {
		return spot{word: int(c.at), mask: ^uint64(0)}
	}
	return spot{word: int(c.at) / 2, shift: int(c.at) % 2 * 32, mask: 1<<32 - 1}
}

func (s spot) set(words []uint64, value uint64) {
	w := &words[s.word]
	*w = *w&^(s.mask<<s.shift) | value<<s.shift
}

func (v *view) get(s spot, i int) uint64 { return v.words[i*v.stride+s.word] >> s.shift & s.mask }

func (v *view) set(s spot, i int, value uint64) { s.set(v.words[i*v.stride:], value) }

// absent returns a bit for each user of whom a field is zero.
func (v *view) absent(s spot) (absent uint64) {
	for i := range v.n {
		if v.get(s, i) == 0 {
			absent |= 1 << i
		}
	}
	return absent
}

// none is what absent returns where it is zero of all.
func (v *view) none() uint64 { return ^uint64(0) >> (chunkBlocks - v.n) }

// present returns a bit for each of the others.
func (v *view) present(absent uint64) uint64 { return v.none() &^ absent }

var stamps = column{kind: Half, at: uint16(stampHalf)}.spot()

func (e *Encoder) stamps(v *view) {
	absent := v.absent(stamps)
	e.Sparse(absent)
	last := int64(0)
	for left := v.present(absent); left != 0; left &= left - 1 {
		stamp := int64(v.get(stamps, bits.TrailingZeros64(left)))
		e.Int(stamp - last)
		last = stamp
	}
}

func (e *Encoder) field(v *view, c column) {
	at := c.spot()
	absent := v.absent(at)
	if absent == v.none() {
		return
	}
	e.Uint(1 + (uint64(c.id)<<2 | uint64(c.kind)))
	e.Sparse(absent)
	for left := v.present(absent); left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		switch value := v.get(at, i); c.kind {
		case Half:
			e.Uint(value)
		case Minute:
			e.Int(int64(v.get(stamps, i)) - int64(value))
		default:
			e.Sparse(value)
		}
	}
}

func (e *Encoder) entries(v *view) {
	absent := v.none()
	switch l := v.blocks.layout; {
	case l.places > 0:
		absent = v.absent(column{kind: Word, at: uint16(l.first)}.spot())
	case l.entries:
		absent = v.absent(column{kind: Half, at: uint16(linkHalf)}.spot())
	}
	e.Sparse(absent)
	for left := v.present(absent); left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		e.entriesOf(v.blocks.At(v.first+uint32(i)), int64(v.get(stamps, i)))
	}
}

func (e *Encoder) entriesOf(b Block, stamp int64) {
	e.sorted = e.sorted[:0]
	for c := b.Entries(); c.Next(); {
		of := c.Entry()
		e.sorted = append(e.sorted, entry{id: of.ID(), at: of.At(), word: of.Word()})
	}
	slices.SortFunc(e.sorted, compareEntries)
	e.Uint(uint64(len(e.sorted)))
	var last entry
	for _, of := range e.sorted {
		e.Uint(uint64(of.id - last.id))
		if of.id != last.id {
			last.at = 0
		}
		if of.id&Periodic != 0 {
			e.Int(stamp - int64(of.at))
		} else {
			e.Int(int64(of.at) - int64(last.at))
		}
		e.Sparse(of.word)
		last = of
	}
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.at, b.at), cmp.Compare(a.word, b.word))
}

// DecodeChunk reads a chunk in place of what is there, and takes it as
// unchanged. Chunks are read in order, a newer copy of one after an older one;
// when all are there, Index makes their users known. Fields that nobody has
// claimed any more are passed over; a field's kind may not change. After an
// error the blocks are of no use.
func (b *Blocks) DecodeChunk(chunk int, data []byte) error {
	d := chunkDecoder{Decoder: wire.Decoder{Bytes: data}}
	if chunk < 0 || chunk > b.Len()/chunkBlocks {
		return fmt.Errorf("chunk %d of the users follows on %d users: the ones between are missing", chunk, b.Len())
	}
	if d.users(b, chunk); d.Err() == nil {
		d.stamps()
		for d.field() {
			continue
		}
		d.entries()
	}
	if d.Err() == nil && len(d.Bytes) > 0 {
		d.FailWith(fmt.Errorf("%d bytes are left over", len(d.Bytes)))
	}
	if d.Err() != nil {
		return fmt.Errorf("chunk %d of the users: %w", chunk, d.Err())
	}
	b.changed.Unset(uint32(chunk))
	return nil
}

type chunkDecoder struct {
	wire.Decoder
	view
	ahead uint64 // 1 + the last field
}

// users makes room for the users of the chunk and reads their hashes.
func (d *chunkDecoder) users(b *Blocks, chunk int) {
	first := chunk * chunkBlocks
	n, have := d.Uint(), min(chunkBlocks, b.Len()-first)
	if d.Err() == nil && (n < uint64(max(have, 1)) || n > chunkBlocks || n*8 > uint64(len(d.Bytes))) {
		d.FailWith(fmt.Errorf("it is said to have %d users", n))
	}
	if d.Err() != nil {
		return
	}
	b.Change(uint32(first))
	for i := range int(n) {
		if i < have {
			b.Clear(uint32(first + i))
		} else if _, moved := b.blocks.add(); moved {
			b.moves.block()
		}
	}
	d.view = b.view(chunk, int(n))
	for i := range d.n {
		d.words[i*d.stride] = d.Fixed()
	}
}

// absent reads which users have nothing.
func (d *chunkDecoder) absent() uint64 {
	absent := d.Sparse()
	if absent&^d.none() != 0 {
		d.Fail()
	}
	if d.Err() != nil {
		return d.none()
	}
	return absent
}

func (d *chunkDecoder) stamps() {
	last := int64(0)
	for left := d.present(d.absent()); left != 0; left &= left - 1 {
		stamp := d.Half(last + d.Int())
		d.set(stamps, bits.TrailingZeros64(left), uint64(stamp))
		last = int64(stamp)
	}
}

// field reads the next field and reports whether there was one.
func (d *chunkDecoder) field() bool {
	header := d.Uint()
	if header == 0 {
		return false
	}
	id, kind := (header-1)>>2, Kind((header-1)&3)
	if header <= d.ahead || id != uint64(uint32(id)) {
		d.Fail()
		return false
	}
	d.ahead = header
	c, known := d.blocks.layout.find(uint32(id))
	if known && c.kind != kind {
		d.FailWith(fmt.Errorf("field %d was stored as a %s and is claimed as a %s: claim it under another number", id, kind, c.kind))
		return false
	}
	at := c.spot()
	for left := d.present(d.absent()); left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		value := d.value(kind, i)
		if known {
			d.set(at, i, value)
		}
	}
	return d.Err() == nil
}

func (d *chunkDecoder) value(kind Kind, user int) uint64 {
	switch kind {
	case Half:
		v := d.Uint()
		if v != uint64(uint32(v)) {
			d.Fail()
		}
		return v
	case Minute:
		return uint64(d.Half(int64(d.get(stamps, user)) - d.Int()))
	default:
		return d.Sparse()
	}
}

// entries reads the entries of the users; they are passed over where no meter
// claims any.
func (d *chunkDecoder) entries() {
	for left := d.present(d.absent()); left != 0; left &= left - 1 {
		d.entriesOf(d.blocks.At(d.first + uint32(bits.TrailingZeros64(left))))
	}
}

const minEntryBytes = 3

func (d *chunkDecoder) entriesOf(b Block) {
	n, stamp, last := d.Uint(), int64(b.Stamp()), entry{}
	if n > uint64(len(d.Bytes)/minEntryBytes) {
		d.FailWith(fmt.Errorf("a user is said to have %d entries", n))
		return
	}
	c := b.Entries()
	for range n {
		id := uint64(last.id) + d.Uint()
		if id != uint64(last.id) {
			last.at = 0
		}
		of := entry{id: uint32(id)}
		if of.id&Periodic != 0 {
			of.at = d.Half(stamp - d.Int())
		} else {
			of.at = d.Half(int64(last.at) + d.Int())
		}
		of.word = d.Sparse()
		if id == 0 || id != uint64(of.id) || of.id == last.id && of.at < last.at {
			d.Fail()
		}
		if d.Err() != nil {
			return
		}
		if b.blocks.layout.entries {
			c.Next()
			c.put(of)
		}
		last = of
	}
}
