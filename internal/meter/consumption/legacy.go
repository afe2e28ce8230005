// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Until format 6 of the state the sums by user had pages of their own:
//
//	page   stamp int | list of (kind, shares of 64 users and 3 periods: wide) | of each user 0, or 1 + stamp - minute of the latest event
//
// Version 1 of what is consumed ends before the last.
const (
	legacyPopulation = 255
	legacyUsers      = 64
)

// RestorePage reads such a page into the users' blocks.
func (x *Meter) RestorePage(c *period.Clock, population uint8, page uint32, data []byte) error {
	if population != legacyPopulation {
		return wire.ErrCorrupt
	}
	d := &wire.Decoder{Bytes: data}
	stamp, kinds := d.Int(), d.Count(1+legacyUsers*period.Published)
	if stamp != int64(period.Minute(stamp)) {
		d.Fail()
	}
	for range kinds {
		k := x.users.indexOf(d.Uint())
		for n := range uint32(legacyUsers) {
			for back := range period.Published {
				if t := share(d.Wide()); k >= 0 && !t.none() {
					x.restore(c, d, page*legacyUsers+n, k, back, period.Minute(stamp), t)
				}
			}
		}
	}
	if kinds == 0 || len(d.Bytes) == 0 || len(x.users.kinds) == 0 {
		return d.Err()
	}
	for n := range uint32(legacyUsers) {
		if ago := d.Uint(); ago != 0 && int(page*legacyUsers+n) < x.users.users.Len() {
			sums := x.users.of(c, page*legacyUsers+n)
			sums.note(period.Minute(stamp - int64(ago-1)))
		}
	}
	return d.Err()
}

// restore sets a sum of a period as it was at a stamp.
func (x *Meter) restore(c *period.Clock, d *wire.Decoder, slot uint32, k, back int, stamp period.Minute, of share) {
	if int(slot) >= x.users.users.Len() {
		d.Fail()
		return
	}
	begun := c.Tracks[x.users.kinds[k]].Index(stamp)
	if begun < 0 || back+begun >= period.Published {
		return
	}
	sums := x.users.of(c, slot)
	sums.set(k*period.Published+back+begun, of)
}
