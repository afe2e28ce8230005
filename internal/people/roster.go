// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "github.com/otelcol-usage/otelcol-usage/internal/wire"

// Roster is who was there in 64 hours: a word a user, a bit an hour.
type Roster struct{ hours paged[uint64] }

// Of returns a user's word.
func (r *Roster) Of(user uint32) *uint64 { return r.hours.room(user) }

// Has reports whether a user may have been there.
func (r *Roster) Has(user uint32) bool { return r.hours.of(user) != nil }

// each calls f for every user who was there.
func (r *Roster) each(f func(user uint32, there uint64)) {
	r.hours.each(func(user uint32, there *uint64) {
		if *there != 0 {
			f(user, *there)
		}
	})
}

// Encode appends who was there.
func (r *Roster) Encode(e *wire.Encoder) {
	users := uint64(0)
	r.each(func(uint32, uint64) { users++ })
	e.Uint(users)
	r.each(func(user uint32, there uint64) {
		e.Uint(uint64(user))
		e.Uint(there)
	})
}

// Decode reads what Encode wrote, of an organization with so many users.
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
