// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
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

// userSums is the consumption of each user in the published periods of the
// meter's calendar windows. It stands in the users' blocks:
//
//	rings   [kind][current, previous, 2_ago]   shares, a word each
//	last    minute of the latest event, 0 for none
//
// A share of more than a word, which hardly any is, stands in two entries; the ring
// has their number in its place.
type userSums struct {
	*userFields
	users *people.Users
}

// userFields is where a block has them.
type userFields struct {
	kinds []usage.Kind
	rings []people.RingField // by kind
	last  people.Field32
	lines people.Lines // of last and the running periods
	entry uint32       // id of the entries with low words; that of those with high ones is 2 more
}

// Claims are what a meter, by its number, keeps of every user.
func Claims(number int, def *usage.Meter) (claims []people.Claim) {
	if def.ByUser == nil {
		return nil
	}
	base, group := uint32(number)<<16, uint32(number)<<1
	claims = []people.Claim{{ID: base, Kind: people.Minute, Group: group}, {Kind: people.Places}}
	for _, kind := range calendarKinds(def) {
		claims = append(claims, people.Claim{ID: ringID(number, kind), Kind: people.Ring, Of: kind, Group: group})
	}
	return claims
}

func ringID(number int, kind usage.Kind) uint32 { return uint32(number)<<16 | uint32(kind+1)<<2 }

// calendarKinds returns those of the meter's windows.
func calendarKinds(def *usage.Meter) (kinds []usage.Kind) {
	for _, w := range def.Windows {
		if w.Kind < usage.Rolling {
			kinds = append(kinds, w.Kind)
		}
	}
	return kinds
}

func newUserFields(number int, def *usage.Meter, layout *people.Layout) userFields {
	u := userFields{entry: uint32(number+1) << 8}
	if def.ByUser == nil {
		return u
	}
	u.kinds = calendarKinds(def)
	u.last = layout.Field32(uint32(number) << 16)
	u.lines = u.lines.With32(u.last)
	for _, kind := range u.kinds {
		ring := layout.Ring(ringID(number, kind))
		u.rings, u.lines = append(u.rings, ring), u.lines.With64(ring[0])
	}
	return u
}

// userCells are the sums of a user, [kind][period].
type userCells struct {
	*userSums
	block people.Block
	begun [usage.NumKinds]int // periods since the block's stamp, by place in kinds; of one that is up to date none
}

// of returns a user's sums for changing them.
func (u *userSums) of(c *period.Clock, slot uint32) userCells {
	cells := userCells{userSums: u, block: u.users.Current(c, slot)}
	cells.block.Change()
	return cells
}

// seen returns a user's sums as they are now, without changing anything.
func (u *userSums) seen(c *period.Clock, slot uint32) userCells {
	cells := userCells{userSums: u, block: u.users.At(slot)}
	if stamp := period.Minute(cells.block.Stamp()); stamp != 0 && stamp < c.Latest {
		for k, kind := range u.kinds {
			if cells.begun[k] = c.Tracks[kind].Index(stamp); cells.begun[k] < 0 {
				cells.begun[k] = period.Published
			}
		}
	}
	return cells
}

// overflow is the least word of those that are the number of entries.
const overflow = int64(math.MinInt64)

// numbered reports whether a word is the number of entries that have the share.
func numbered(word uint64) (n uint32, ok bool) {
	return uint32(word), int64(word) < overflow+1<<32
}

func (s *userCells) at(cell int) share {
	k, back := cell/period.Published, cell%period.Published-s.begun[cell/period.Published]
	if back < 0 {
		return share{}
	}
	word := s.block.Get64(s.rings[k][back])
	n, is := numbered(word)
	if !is {
		return share(wide.Of(int64(word)))
	}
	low, _ := s.block.FindAt(s.entry, n)
	high, _ := s.block.FindAt(s.entry+2, n)
	return share(wide.FromWords(int64(high.Word()), low.Word()))
}

// set sets a sum of one that is up to date.
func (s *userCells) set(cell int, to share) {
	field := s.rings[cell/period.Published][cell%period.Published]
	n, was := numbered(s.block.Get64(field))
	word, fits := wide.Int(to).Int64()
	fits = fits && word >= overflow+1<<32
	high, low := wide.Int(to).Words()
	switch {
	case was && !fits:
		s.block.Change()
		e, _ := s.block.FindAt(s.entry, n)
		e.SetWord(low)
		e, _ = s.block.FindAt(s.entry+2, n)
		e.SetWord(uint64(high))
		return
	case was:
		s.block.Remove(s.entry, n)
		s.block.Remove(s.entry+2, n)
	}
	if fits {
		s.block.Set64(field, uint64(word))
		return
	}
	n = 0
	for c := s.block.Entries(); c.Next(); {
		if e := c.Entry(); e.ID() == s.entry {
			n = max(n, e.At()+1)
		}
	}
	s.block.Set64(field, uint64(overflow+int64(n)))
	s.block.Insert(s.entry, n).SetWord(low)
	s.block.Insert(s.entry+2, n).SetWord(uint64(high))
}

// note notes an event of the user.
func (s *userCells) note(at period.Minute) {
	s.block.Set32(s.last, max(s.block.Get32(s.last), uint32(at)))
}

// lastOf returns the minute of the latest event of a user, 0 for none.
func (u *userSums) lastOf(slot uint32) period.Minute {
	return period.Minute(u.users.At(slot).Get32(u.last))
}

func (u *userSums) stride() int { return len(u.kinds) * period.Published }

// indexOf returns the place of a kind, -1 where the meter no longer has it.
func (u *userSums) indexOf(kind uint64) int {
	return slices.IndexFunc(u.kinds, func(known usage.Kind) bool { return uint64(known) == kind })
}
