// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "slices"

// Aliases say which users are one person. An alias gives a user a target, for good;
// the one of a person who has none is their root, under whom all is counted.
//
// Targets may form a chain of any length, and nobody goes along it: where two
// persons become one, a link leads from the top of the one with fewer users to the
// top of the other, so that no user is further from the top than a number of users
// has bits.
//
//	target  a -> b -> c -> d     what was said; stored
//	up      a -> b <- c <- d     the top, b, knows that the root is d
//	next    a -> d -> c -> b -> a
//
// Only the targets are stored: the rest follows from them.
type Aliases struct {
	merged Bitmap // the users that have a target: nearly all need no look into the map
	links  map[uint32]link
	N      int // how many users have a target
}

// link is what is known of a user who is one person with another.
type link struct {
	target uint32 // where merged
	up     uint32 // itself at the top
	next   uint32 // the users of a person in a circle
	root   uint32 // of the top
	users  uint32 // of the top: how many are the person
}

// Merged reports whether a user has a target.
func (a *Aliases) Merged(user uint32) bool { return a.merged.Has(user) }

// Target returns the target of a user; ok is false where there is none.
func (a *Aliases) Target(user uint32) (target uint32, ok bool) {
	if !a.merged.Has(user) {
		return 0, false
	}
	return a.links[user].target, true
}

// Root returns the user under whom a user is counted.
func (a *Aliases) Root(user uint32) uint32 {
	if !a.merged.Has(user) {
		return user
	}
	return a.top(user).root
}

// top returns the link of the top of a user's person.
func (a *Aliases) top(user uint32) link {
	for {
		l, known := a.links[user]
		switch {
		case !known:
			return link{up: user, next: user, root: user, users: 1}
		case l.up == user:
			return l
		}
		user = l.up
	}
}

// Join gives a user a target. It reports false, and does nothing, where the user
// has one or is that person already.
func (a *Aliases) Join(from, to uint32) bool {
	if a.merged.Has(from) {
		return false
	}
	upper, lower := a.top(to), a.top(from)
	if upper.up == lower.up {
		return false
	}
	root := upper.root
	if lower.users > upper.users {
		upper, lower = lower, upper
	}
	upper.next, lower.next = lower.next, upper.next
	upper.users, upper.root = upper.users+lower.users, root
	below := lower.up
	lower.up = upper.up
	if a.links == nil {
		a.links = map[uint32]link{}
	}
	a.links[upper.up], a.links[below] = upper, lower
	l := a.links[from]
	l.target = to
	a.links[from] = l
	a.merged.Set(from)
	a.N++
	return true
}

// Others returns the other users of a person, in order.
func (a *Aliases) Others(user uint32) (others []uint32) {
	for l, known := a.links[user]; known && l.next != user; l = a.links[l.next] {
		others = append(others, l.next)
	}
	slices.Sort(others)
	return others
}

// Each calls f for every user with a target, in order.
func (a *Aliases) Each(f func(from, target uint32)) {
	a.merged.Each(func(from uint32) { f(from, a.links[from].target) })
}
