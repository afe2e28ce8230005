// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// UsersOfAll stands in place of a meter's number where a page has a chunk of the
// users' blocks, which are of all meters.
const UsersOfAll = math.MaxUint16

// SavePages begins to save every page of users that changed since it was last called.
func (o *Organization) SavePages(with *people.Saving) { with.Begin(&o.users.Blocks) }

// ChangePages has SavePages save every page.
func (o *Organization) ChangePages() { o.users.ChangeAll() }

// RestorePage gives a page back. Those of one organization come by meter and page
// in order.
func (o *Organization) RestorePage(meter uint16, population uint8, page uint32, data []byte) error {
	switch {
	case page > uint32(o.Users())*maxPagesPerUser:
		return wire.ErrCorrupt
	case meter == UsersOfAll && population == 0:
		return o.users.DecodeChunk(int(page), data)
	case int(meter) >= len(o.meters):
		return wire.ErrCorrupt
	}
	o.insertUsers() // it is of before format 7
	return o.made(meter).RestorePage(&o.clock, population, page, data)
}

// insertUsers gives the users a slot who have none yet.
func (o *Organization) insertUsers() {
	for slot := o.users.Len(); slot < len(o.hashes); slot++ {
		o.users.Insert(o.hashes[slot])
	}
}

// maxPagesPerUser bounds the number of a page by the number of users, so that
// a damaged key cannot ask for endless memory.
const maxPagesPerUser = 1 << 8

// Restored ends the reading: users are found by their hashes, and what is derived
// from pages is built.
func (o *Organization) Restored() error {
	for slot := range uint32(o.users.Len()) { // an id may have been erased since a page was written
		if int(slot) < len(o.hashes) && o.users.Hash(slot) != o.hashes[slot] {
			o.users.Forget(slot, o.hashes[slot])
		}
	}
	if err := o.users.Index(); err != nil {
		return err
	}
	o.insertUsers()
	o.hashes = nil
	for i := range o.meters {
		o.meters[i].Restored(&o.clock)
		if o.traces {
			o.meters[i].Ever = o.meters[i].HasTraces()
		} else {
			o.unmake(&o.meters[i])
		}
	}
	if o.traces {
		for i := range o.held {
			o.count(&o.held[i])
		}
	}
	o.traces = false
	o.promise()
	return nil
}
