// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// timelinePage is how many roots share a page of timelines.
const timelinePage = 64

// Timelines are the timelines of those that have one, by root slot.
type Timelines struct {
	pages [][]*Timeline // of timelinePage roots
	N     int
}

// Of returns a root's timeline, nil where it has none.
func (p *Timelines) Of(root uint32) *Timeline {
	page := int(root / timelinePage)
	if page >= len(p.pages) || p.pages[page] == nil {
		return nil
	}
	return p.pages[page][root%timelinePage]
}

// Make returns a root's timeline, a new one where it has none.
func (p *Timelines) Make(root uint32) *Timeline {
	known := p.Of(root)
	if known == nil {
		known = &Timeline{}
		p.Set(root, known)
	}
	return known
}

// Set gives a root without a timeline one.
func (p *Timelines) Set(root uint32, timeline *Timeline) {
	page := int(root / timelinePage)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = make([]*Timeline, timelinePage)
	}
	p.pages[page][root%timelinePage] = timeline
	p.N++
}

// Drop takes a root's timeline, which it has.
func (p *Timelines) Drop(root uint32) {
	p.pages[root/timelinePage][root%timelinePage] = nil
	p.N--
}

// Each calls f for every timeline, in the order of roots.
func (p *Timelines) Each(f func(root uint32, timeline *Timeline)) {
	for page, timelines := range p.pages {
		for i, timeline := range timelines {
			if timeline != nil {
				f(uint32(page*timelinePage+i), timeline)
			}
		}
	}
}
