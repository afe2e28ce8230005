// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "github.com/otelcol-usage/otelcol-usage/internal/wire"

// Roster is who was there in 64 hours: a word a user, a bit an hour.
//
//	pages  [ . | 64 words | . | 64 words | ... ]   nil: none of these users
type Roster struct{ pages []*[chunkBlocks]uint64 }

// Of returns a user's word.
func (r *Roster) Of(user uint32) *uint64 {
	page := int(user / chunkBlocks)
	for page >= len(r.pages) {
		r.pages = append(r.pages, nil)
	}
	if r.pages[page] == nil {
		r.pages[page] = new([chunkBlocks]uint64)
	}
	return &r.pages[page][user%chunkBlocks]
}

// Has reports whether a user may have been there.
func (r *Roster) Has(user uint32) bool {
	page := int(user / chunkBlocks)
	return page < len(r.pages) && r.pages[page] != nil
}

// each calls f for every user who was there.
func (r *Roster) each(f func(user uint32, there uint64)) {
	for i, page := range r.pages {
		if page == nil {
			continue
		}
		for n, there := range page {
			if there != 0 {
				f(uint32(i*chunkBlocks+n), there)
			}
		}
	}
}

func (r *Roster) Encode(e *wire.Encoder) {
	users := uint64(0)
	r.each(func(uint32, uint64) { users++ })
	e.Uint(users)
	r.each(func(user uint32, there uint64) {
		e.Uint(uint64(user))
		e.Uint(there)
	})
}

// Decode reads what encode wrote, of an organization with so many users.
func (r *Roster) Decode(d *wire.Decoder, users int) {
	for range d.Count(2) {
		user, there := d.Uint(), d.Uint()
		if user >= uint64(users) {
			d.Fail()
			return
		}
		*r.Of(uint32(user)) = there
	}
}
