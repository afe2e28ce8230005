// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Key names a part. Keys are in order by owner, kind, number.
type Key struct {
	Owner  uint32
	Kind   uint8
	Number uint32
}

func (k Key) String() string { return fmt.Sprintf("part %d/%d/%d", k.Owner, k.Kind, k.Number) }

// Compare orders keys.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Owner, o.Owner), cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.Number, o.Number))
}

// part is where the bytes of a key are: 32 bytes in memory, of which there may
// be millions.
type part struct {
	offset  uint64
	length  uint32
	sum     uint32 // of the bytes
	owner   uint32
	number  uint32
	file    uint16 // in the list of files
	kind    uint8
	dropped bool // the key has no bytes any more; in the changes of a file only
}

func (p *part) key() Key { return Key{p.owner, p.kind, p.number} }

func (p *part) end() uint64 { return p.offset + uint64(p.length) }

// size is what a part takes on disk.
func (p *part) size() int64 { return int64(p.length) + entrySize }

// changes are what one file says: first it drops owners, then keys get bytes or
// are dropped. Both are in ascending order, without repetitions.
type changes struct {
	owners []uint32
	parts  []part
}

// apply returns the parts in force when some changes follow.
func (c *changes) apply(inForce []part) []part {
	if len(inForce) == 0 && !slices.ContainsFunc(c.parts, func(p part) bool { return p.dropped }) {
		return c.parts
	}
	merged := make([]part, 0, len(inForce)+len(c.parts))
	owners, parts := c.owners, c.parts
	for i := range inForce {
		old := &inForce[i]
		for len(owners) > 0 && owners[0] < old.owner {
			owners = owners[1:]
		}
		order := 1
		for len(parts) > 0 {
			if order = parts[0].key().Compare(old.key()); order > 0 {
				break
			}
			if !parts[0].dropped {
				merged = append(merged, parts[0])
			}
			if parts = parts[1:]; order == 0 {
				break
			}
		}
		if order != 0 && (len(owners) == 0 || owners[0] != old.owner) {
			merged = append(merged, *old)
		}
	}
	for _, p := range parts {
		if !p.dropped {
			merged = append(merged, p)
		}
	}
	return merged
}

// An entry of a file's list of changes, little-endian; owners are dropped by 4
// bytes each, in front of the entries.
//
//	0  owner
//	4  kind, 1 byte
//	5  1 where the key is dropped, 1 byte
//	6  zero, 2 bytes
//	8  number
//	12 length of the bytes
//	16 where they begin, 8 bytes
//	24 their checksum
const (
	ownerSize = 4
	entrySize = 28
)

func (p *part) encode(to []byte) {
	clear(to[:entrySize])
	binary.LittleEndian.PutUint32(to, p.owner)
	to[4] = p.kind
	if p.dropped {
		to[5] = 1
	}
	binary.LittleEndian.PutUint32(to[8:], p.number)
	binary.LittleEndian.PutUint32(to[12:], p.length)
	binary.LittleEndian.PutUint64(to[16:], p.offset)
	binary.LittleEndian.PutUint32(to[24:], p.sum)
}

func decodePart(from []byte, file uint16) (part, error) {
	p := part{
		owner: binary.LittleEndian.Uint32(from), kind: from[4], dropped: from[5] == 1,
		number: binary.LittleEndian.Uint32(from[8:]), length: binary.LittleEndian.Uint32(from[12:]),
		offset: binary.LittleEndian.Uint64(from[16:]), sum: binary.LittleEndian.Uint32(from[24:]),
		file: file,
	}
	if from[5] > 1 || from[6] != 0 || from[7] != 0 || p.dropped && (p.length != 0 || p.offset != 0 || p.sum != 0) {
		return part{}, fmt.Errorf("an entry of %s is none: % x", p.key(), from[:entrySize])
	}
	return p, nil
}

// encode returns the lists of a file.
func (c *changes) encode() []byte {
	b := make([]byte, len(c.owners)*ownerSize+len(c.parts)*entrySize)
	rest := b
	for _, owner := range c.owners {
		binary.LittleEndian.PutUint32(rest, owner)
		rest = rest[ownerSize:]
	}
	for i := range c.parts {
		c.parts[i].encode(rest)
		rest = rest[entrySize:]
	}
	return b
}

// decodeChanges reads the lists of a file, which have as many bytes as it says.
func decodeChanges(b []byte, f *file, number uint16) (c changes, err error) {
	if crc32.Checksum(b, store.Checksum) != f.sum {
		return changes{}, errors.New("the list of parts is not as it was written")
	}
	c.owners, c.parts = make([]uint32, f.owners), make([]part, f.parts)
	for i := range c.owners {
		c.owners[i] = binary.LittleEndian.Uint32(b)
		b = b[ownerSize:]
	}
	for i := range c.parts {
		p := &c.parts[i]
		if *p, err = decodePart(b, number); err != nil {
			return changes{}, err
		}
		if p.offset > f.length || uint64(p.length) > f.length-p.offset {
			return changes{}, fmt.Errorf("%s ends at byte %d, behind all parts", p.key(), p.end())
		}
		b = b[entrySize:]
	}
	if !ascending(c.owners, cmp.Compare[uint32]) || !ascending(c.parts, func(a, b part) int { return a.key().Compare(b.key()) }) {
		return changes{}, errors.New("the list of parts is not in order")
	}
	return c, nil
}

func ascending[T any](of []T, compare func(a, b T) int) bool {
	for i := 1; i < len(of); i++ {
		if compare(of[i-1], of[i]) >= 0 {
			return false
		}
	}
	return true
}

// gather makes changes of what was done, in the order in which it was done.
type gather struct {
	parts []part
	drops []ownerDrop
}

// ownerDrop drops an owner whose parts before a place in gather.parts are gone.
type ownerDrop struct {
	owner uint32
	at    int
}

func (g *gather) changes() changes {
	slices.SortStableFunc(g.drops, func(a, b ownerDrop) int { return cmp.Compare(a.owner, b.owner) })
	var c changes
	last := g.drops[:0]
	for _, d := range g.drops {
		if n := len(last); n > 0 && last[n-1].owner == d.owner {
			last[n-1] = d
			continue
		}
		last = append(last, d)
		c.owners = append(c.owners, d.owner)
	}
	order := make([]int32, len(g.parts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(g.parts[a].key().Compare(g.parts[b].key()), cmp.Compare(a, b))
	})
	for i, at := range order {
		p := &g.parts[at]
		if i+1 < len(order) && g.parts[order[i+1]].key() == p.key() { // a later one is in force
			continue
		}
		d, found := slices.BinarySearchFunc(last, p.owner, func(d ownerDrop, owner uint32) int { return cmp.Compare(d.owner, owner) })
		if found && (p.dropped || int(at) < last[d].at) {
			continue
		}
		c.parts = append(c.parts, *p)
	}
	return c
}
