// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/wire"

// roster is who was there in 64 hours: a word a user, a bit an hour.
//
//	pages  [ . | 64 words | . | 64 words | ... ]   nil: none of these users
type roster struct{ pages []*[pageSize]uint64 }

// of returns a user's word.
func (r *roster) of(user uint32) *uint64 {
	page := int(user / pageSize)
	for page >= len(r.pages) {
		r.pages = append(r.pages, nil)
	}
	if r.pages[page] == nil {
		r.pages[page] = new([pageSize]uint64)
	}
	return &r.pages[page][user%pageSize]
}

// has reports whether a user may have been there.
func (r *roster) has(user uint32) bool {
	page := int(user / pageSize)
	return page < len(r.pages) && r.pages[page] != nil
}

// each calls f for every user who was there.
func (r *roster) each(f func(user uint32, there uint64)) {
	for i, page := range r.pages {
		if page == nil {
			continue
		}
		for n, there := range page {
			if there != 0 {
				f(uint32(i*pageSize+n), there)
			}
		}
	}
}

func (r *roster) encode(e *wire.Encoder) {
	users := uint64(0)
	r.each(func(uint32, uint64) { users++ })
	e.Uint(users)
	r.each(func(user uint32, there uint64) {
		e.Uint(uint64(user))
		e.Uint(there)
	})
}

// decode reads what encode wrote, of an organization with so many users.
func (r *roster) decode(d *wire.Decoder, users int) {
	for range d.Count(2) {
		user, there := d.Uint(), d.Uint()
		if user >= uint64(users) {
			d.Fail()
			return
		}
		*r.of(uint32(user)) = there
	}
}
