// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// paged has a T for each of some users, by slot. The users of a chunk have room
// for theirs together, from when the first of them gets one.
type paged[T any] struct{ pages []*[chunkBlocks]T }

// of returns the T of a user, nil where there is no room for it.
func (p *paged[T]) of(user uint32) *T {
	page := int(user / chunkBlocks)
	if page >= len(p.pages) || p.pages[page] == nil {
		return nil
	}
	return &p.pages[page][user%chunkBlocks]
}

// room returns the T of a user, for which it makes room.
func (p *paged[T]) room(user uint32) *T {
	page := int(user / chunkBlocks)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = new([chunkBlocks]T)
	}
	return &p.pages[page][user%chunkBlocks]
}

// each calls f for every T that there is room for, in the order of users.
func (p *paged[T]) each(f func(user uint32, of *T)) {
	for i, page := range p.pages {
		if page == nil {
			continue
		}
		for n := range page {
			f(uint32(i*chunkBlocks+n), &page[n])
		}
	}
}
