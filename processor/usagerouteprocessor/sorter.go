// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// part is records that go to one place, in the order of their request, below copies
// of their resources and scopes.
type part[T any] struct {
	place string // as the sorter names it
	// organization is that of all records, usage.NoOrganization where they are of
	// several or of none.
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
	// place is where records of an organization go.
	place func(organization string) string

	parts []*part[T]
	open  map[string]*part[T] // that the next record for a place goes into
}

// whole makes a request its only part, and reports whether it is one: what goes to
// one place and is not too large needs no copies.
func (s *sorter[T]) whole(data T, items []usage.Item, size func(T) int) bool {
	if len(items) == 0 {
		return true // of a request without records nothing is sent
	}
	organization := items[0].Organization
	place := s.place(organization)
	for i := range items[1:] {
		if of := items[1+i].Organization; of != items[i].Organization {
			if s.place(of) != place {
				return false
			}
			organization = usage.NoOrganization
		}
	}
	if size(data) > s.max {
		return false
	}
	s.parts = append(s.parts, &part[T]{place: place, organization: organization, data: data})
	return true
}

// next returns the part for a record of some size, all of whose items are of one
// organization, or it is usage.NoOrganization.
func (s *sorter[T]) next(place, organization string, size int, empty func() T) *part[T] {
	p := s.open[place]
	if p == nil || p.size > 0 && p.size+size > s.max {
		p = &part[T]{place: place, organization: organization, data: empty(), at: position{-1, -1, -1}}
		s.parts = append(s.parts, p)
		if s.open == nil {
			s.open = map[string]*part[T]{}
		}
		s.open[place] = p
	}
	if organization != p.organization {
		p.organization = usage.NoOrganization
	}
	p.size += size
	return p
}

// spread returns the places where a record goes which has several items, as a span
// with its events, and the organization that all of them are of. Items that name
// nobody go along with others.
func (s *sorter[T]) spread(items []usage.Item, places []string) (_ []string, organization string) {
	places, organization = places[:0], items[0].Organization
	for i := range items {
		of := items[i].Organization
		if of != organization {
			organization = usage.NoOrganization
		}
		if of == usage.NoOrganization {
			continue
		}
		if place := s.place(of); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if len(places) == 0 {
		places = append(places, s.place(usage.NoOrganization))
	}
	return places, organization
}
