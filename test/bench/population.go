// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "sort"

// population is organizations and how many users each has.
type population struct {
	ends []int // of each organization: its users and those of the ones before
}

// person is a user by number, in an organization by number.
type person struct{ organization, user int }

// evenly gives every organization the same number of users, less those that
// cannot be shared out evenly.
func evenly(organizations, users int) population {
	return sized(organizations, func(int) int { return max(1, users/organizations) })
}

// zipf gives the organization of rank r a user where that of rank 1 has r: of
// a million users in a thousand organizations the first has 133,000, the last
// 133.
func zipf(organizations, users int) population {
	harmonic := 0.0
	for rank := 1; rank <= organizations; rank++ {
		harmonic += 1 / float64(rank)
	}
	return sized(organizations, func(n int) int { return max(1, int(float64(users)/harmonic/float64(n+1))) })
}

func sized(organizations int, size func(n int) int) population {
	p, end := population{}, 0
	for n := range organizations {
		end += size(n)
		p.ends = append(p.ends, end)
	}
	return p
}

// all is the number of users of all organizations.
func (p population) all() int { return p.ends[len(p.ends)-1] }

// at returns the n-th user, organization by organization.
func (p population) at(n int) person {
	o := sort.SearchInts(p.ends, n+1)
	if o > 0 {
		n -= p.ends[o-1]
	}
	return person{o, n}
}
