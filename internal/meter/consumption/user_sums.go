// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// share is a user's sum that knows whether anything was counted in it: 0 is
// nothing, else it is 2*sum + 1.
type share wide.Int

func (t share) none() bool { return t == share{} }

func (t share) sum() wide.Int { return wide.Int(t).Half() }

func (t share) plus(sum wide.Int) share {
	if t.none() {
		t = share(wide.Of(1))
	}
	return share(wide.Int(t).Add(sum.Add(sum)))
}

func (t share) join(other share) share {
	if other.none() {
		return t
	}
	return t.plus(other.sum())
}

// pageUsers is how many users share a page, the unit that is stored.
const pageUsers = 64

// userSums is the consumption of each user in the published periods of the
// meter's calendar windows. Pages exist from the first event of one of their
// users. Nothing visits them when a period ends: a page is brought up to date
// when it is next used.
//
//	page   stamp   minute up to which its periods are right
//	       sums    [user in page][kind][current, previous, 2_ago]
//	       last    [user in page] minute of the latest event, 0 for none
type userSums struct {
	kinds []usage.Kind
	pages []*sumPage
	dirty people.Bitmap // pages changed since the owner cleared it
}

type sumPage struct {
	stamp period.Minute
	sums  wide.Ints // shares
	last  [pageUsers]period.Minute
}

// userCells are the sums of a user, [kind][period].
type userCells struct {
	page  *sumPage
	first int
}

func (s userCells) at(cell int) share { return share(s.page.sums.At(s.first + cell)) }

func (s userCells) set(cell int, to share) { s.page.sums.Set(s.first+cell, wide.Int(to)) }

// of returns a user's sums for changing them.
func (u *userSums) of(c *period.Clock, slot uint32) userCells {
	i := int(slot / pageUsers)
	u.grow(i)
	if u.pages[i] == nil {
		u.pages[i] = &sumPage{stamp: c.AsOf, sums: wide.Make(pageUsers * u.stride())}
	}
	u.dirty.Set(uint32(i))
	return u.user(u.page(c, i), slot%pageUsers)
}

// page returns a page with its periods up to date, nil where it has no sums.
func (u *userSums) page(c *period.Clock, i int) *sumPage {
	p := u.pages[i]
	if p == nil || p.stamp == c.AsOf {
		return p
	}
	for k, kind := range u.kinds {
		ended := 0
		for ended < period.Published && c.Tracks[kind].Starts[ended] > p.stamp {
			ended++
		}
		if ended == 0 {
			continue
		}
		for at := k * period.Published; at < p.sums.Len(); at += u.stride() {
			p.sums.Shift(at, at+period.Published, ended)
		}
	}
	p.stamp = c.AsOf
	return p
}

func (u *userSums) stride() int { return len(u.kinds) * period.Published }

// user returns the sums of the user n of a page.
func (u *userSums) user(p *sumPage, n uint32) userCells { return userCells{p, int(n) * u.stride()} }

// seen notes an event of the user, whose slot it takes.
func (s userCells) seen(slot uint32, at period.Minute) {
	last := &s.page.last[slot%pageUsers]
	*last = max(*last, at)
}

// lastOf returns the minute of the latest event of a user who has sums.
func (u *userSums) lastOf(slot uint32) period.Minute {
	return u.pages[slot/pageUsers].last[slot%pageUsers]
}

// forget is for a user who has become another one.
func (u *userSums) forget(slot uint32) { u.pages[slot/pageUsers].last[slot%pageUsers] = 0 }

// has reports whether a user may have sums.
func (u *userSums) has(slot uint32) bool {
	i := int(slot / pageUsers)
	return i < len(u.pages) && u.pages[i] != nil
}

func (u *userSums) grow(i int) {
	for len(u.pages) <= i {
		u.pages = append(u.pages, nil)
	}
}

// encodePage writes a page; one without sums as a page of no kinds.
func (u *userSums) encodePage(i int, e *wire.Encoder) {
	if i >= len(u.pages) || u.pages[i] == nil {
		e.Int(0)
		e.Uint(0)
		return
	}
	p := u.pages[i]
	e.Int(int64(p.stamp))
	e.Uint(uint64(len(u.kinds)))
	for k, kind := range u.kinds {
		e.Uint(uint64(kind))
		for n := range uint32(pageUsers) {
			for back := range period.Published {
				e.Wide(wide.Int(u.user(p, n).at(k*period.Published + back)))
			}
		}
	}
	for _, last := range p.last {
		if last == 0 {
			e.Uint(0)
		} else {
			e.Uint(uint64(p.stamp-last) + 1)
		}
	}
}

// decodePage reads a page; all come before the first figures.
func (u *userSums) decodePage(i int, d *wire.Decoder) {
	stamp, kinds := d.Int(), d.Count(1+pageUsers*period.Published)
	if stamp != int64(period.Minute(stamp)) {
		d.Fail()
	}
	if kinds == 0 || d.Err() != nil {
		return
	}
	p := &sumPage{stamp: period.Minute(stamp), sums: wide.Make(pageUsers * u.stride())}
	for range kinds {
		k := u.indexOf(d.Uint())
		for n := range uint32(pageUsers) {
			for back := range period.Published {
				if t := share(d.Wide()); k >= 0 {
					u.user(p, n).set(k*period.Published+back, t)
				}
			}
		}
	}
	if len(d.Bytes) > 0 { // consumptionFormat 1 ends here
		p.decodeLast(d)
	}
	if d.Err() == nil {
		u.grow(i)
		u.pages[i] = p
	}
}

func (p *sumPage) decodeLast(d *wire.Decoder) {
	for n := range p.last {
		if ago := d.Uint(); ago != 0 {
			p.last[n] = p.stamp - period.Minute(ago-1)
		}
	}
}

// indexOf returns the place of a kind, -1 where the meter no longer has it.
func (u *userSums) indexOf(kind uint64) int {
	for k, known := range u.kinds {
		if uint64(known) == kind {
			return k
		}
	}
	return -1
}

// adopt takes all sums of the same meter under its old definition. Every page
// is to be written again.
func (u *userSums) adopt(old *userSums) {
	for i := range old.pages {
		var e wire.Encoder
		old.encodePage(i, &e)
		u.decodePage(i, &wire.Decoder{Bytes: e.Bytes})
		if u.has(uint32(i * pageUsers)) {
			u.dirty.Set(uint32(i))
		}
	}
}
