// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// part is records of one organization, in the order of their request, below
// copies of their resources and scopes.
type part[T any] struct {
	organization string
	data         T
	size         int // in bytes, nearly
	at           position
}

// position is where in a request what was copied last stood.
type position struct{ resource, scope, metric int }

// sorter makes parts of a request.
type sorter[T any] struct {
	max int // of a part's size; one record may be larger
	// same reports whether two organizations are counted by one ledger.
	same func(a, b string) bool

	parts []*part[T]
	open  map[string]*part[T] // that the next record of an organization goes into
}

// next returns the part for a record of some size.
func (s *sorter[T]) next(organization string, size int, empty func() T) *part[T] {
	p := s.open[organization]
	if p == nil || p.size > 0 && p.size+size > s.max {
		p = &part[T]{organization: organization, data: empty(), at: position{-1, -1, -1}}
		s.parts = append(s.parts, p)
		if s.open == nil {
			s.open = map[string]*part[T]{}
		}
		s.open[organization] = p
	}
	p.size += size
	return p
}

// owners are the organizations whose ledgers need a record that has several items,
// as a span with its events: one for each ledger. Those that name nobody go along.
func (s *sorter[T]) owners(items []usage.Item, owners []string) []string {
	owners = owners[:0]
next:
	for i := range items {
		organization := items[i].Organization
		if organization == usage.NoOrganization {
			continue
		}
		for _, other := range owners {
			if s.same(organization, other) {
				continue next
			}
		}
		owners = append(owners, organization)
	}
	if len(owners) == 0 {
		owners = append(owners, usage.NoOrganization)
	}
	return owners
}
