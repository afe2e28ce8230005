// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "github.com/otelcol-usage/otelcol-usage/internal/person"

// Timelines are the timelines of those that have one, by root slot.
type Timelines struct {
	N     int
	roots paged[*person.Timeline]
}

// Of returns a root's timeline, nil where it has none.
func (p *Timelines) Of(root uint32) *person.Timeline {
	if timeline := p.roots.of(root); timeline != nil {
		return *timeline
	}
	return nil
}

// Make returns a root's timeline, a new one where it has none.
func (p *Timelines) Make(root uint32) *person.Timeline {
	known := p.Of(root)
	if known == nil {
		known = &person.Timeline{}
		p.Set(root, known)
	}
	return known
}

// Set gives a root a timeline, or takes it where it is nil.
func (p *Timelines) Set(root uint32, timeline *person.Timeline) {
	if at := p.roots.of(root); at != nil && *at != nil {
		p.N--
	} else if timeline == nil {
		return
	}
	*p.roots.room(root) = timeline
	if timeline != nil {
		p.N++
	}
}

// Each calls f for every timeline, in the order of roots.
func (p *Timelines) Each(f func(root uint32, timeline *person.Timeline)) {
	p.roots.each(func(root uint32, timeline **person.Timeline) {
		if *timeline != nil {
			f(root, *timeline)
		}
	})
}
