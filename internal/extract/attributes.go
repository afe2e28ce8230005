// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"slices"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// slot numbers an attribute name that some recipe reads. noSlot is the number
// of no name at all: nothing is ever found there.
type slot uint16

const noSlot slot = 0

// slots numbers attribute names while recipes are compiled.
type slots map[string]slot

func (s slots) of(name string) slot {
	if name == "" {
		return noSlot
	}
	if _, known := s[name]; !known {
		s[name] = slot(len(s) + 1)
	}
	return s[name]
}

func (s slots) ofAll(names []string) []slot {
	all := make([]slot, len(names))
	for i, name := range names {
		all[i] = s.of(name)
	}
	return all
}

// wants are the names that one pass over attributes looks for, by length:
// nearly all names differ in it, so a key is compared with about one of them.
type wants [maxNameLength + 1][]want

// maxNameLength is the longest name that has a length class of its own;
// semantic conventions rarely go beyond. Longer ones share the last class.
const maxNameLength = 40

type want struct {
	name    string
	slot    slot
	sampled func(value) bool // of a sampler's attribute, else nil
}

func (w *wants) add(name string, s slot) {
	class := &w[min(len(name), maxNameLength)]
	for _, known := range *class {
		if known.slot == s {
			return
		}
	}
	*class = append(*class, want{name, s, samplingAttributes[name]})
}

func (w *wants) clone() wants {
	copied := *w
	for i := range copied {
		copied[i] = slices.Clone(copied[i])
	}
	return copied
}

// attributes are those of a record, a scope or a resource, whatever they are
// read from.
type attributes interface {
	// scan enters the wanted ones into a level.
	scan(l *level, wanted *wants)
	// get returns the first of a name.
	get(name string) (value, bool)
	// says reports whether one says that a sampler left others out, for those
	// that no scan reads.
	says() bool
	// hash writes them into a content.
	hash(h *content.Hash)
}

// pdataMap is attributes that pdata has decoded.
type pdataMap struct{ pcommon.Map }

func (m *pdataMap) scan(l *level, wanted *wants) {
	for key, v := range m.All() {
		class := wanted[min(len(key), maxNameLength)]
		for i := range class {
			if w := &class[i]; w.name == key {
				l.enter(w, valueOf(v))
				break
			}
		}
	}
}

func (m *pdataMap) get(name string) (value, bool) {
	v, found := m.Get(name)
	if !found {
		return value{}, false
	}
	return valueOf(v), true
}

func (m *pdataMap) says() bool {
	for name, v := range m.All() {
		if sampled := samplingAttributes[name]; sampled != nil && sampled(valueOf(v)) {
			return true
		}
	}
	return false
}

func (m *pdataMap) hash(h *content.Hash) { h.Map(m.Map) }

// level is where attributes stand: on a record, its scope or its resource.
//
//	cells  [slot 0][slot 1][slot 2] ...   found in this pass iff pass == cell.pass
//
// so that a new pass forgets the last one without touching a cell.
type level struct {
	cells   []cell
	pass    uint64
	sampled bool // an attribute of this pass says that a sampler left others out
}

type cell struct {
	pass  uint64
	value value
	text  string // of a number or bool, where it was rendered ahead

	who named               // the value as an id
	by  usage.Normalization // + 1, of who; 0: not read yet

	number   int64 // the value in millionths
	flaw     usage.Reason
	numbered bool // number and flaw were read
}

// inMillionths reads the value as a number, once: many records share a resource, and its
// attribute may be of any length.
func (c *cell) inMillionths() (int64, usage.Reason) {
	if !c.numbered {
		c.number, c.flaw = numberOf(c.value)
		c.numbered = true
	}
	return c.number, c.flaw
}

// scan finds the wanted attributes in one pass. Of a repeated name the first
// counts.
func (l *level) scan(from attributes, wanted *wants) {
	l.pass++
	l.sampled = false
	from.scan(l, wanted)
}

// enter notes a wanted attribute that was found.
func (l *level) enter(w *want, v value) {
	if c := &l.cells[w.slot]; c.pass != l.pass {
		c.pass, c.value, c.text, c.by, c.numbered = l.pass, v, "", 0, false
		l.sampled = l.sampled || w.sampled != nil && w.sampled(v)
	}
}

// render prepares the text of what the last pass found, for levels that many
// records share.
func (l *level) render() {
	for i := range l.cells {
		if c := &l.cells[i]; c.pass == l.pass {
			c.text = text(c.value)
		}
	}
}

// at returns where an attribute stands, nil where it is absent.
func (l *level) at(s slot) *cell {
	if c := &l.cells[s]; c.pass == l.pass {
		return c
	}
	return nil
}

// text returns the attribute as a string, "" where it is absent.
func (l *level) text(s slot) string {
	c := &l.cells[s]
	switch {
	case c.pass != l.pass:
		return ""
	case c.text != "":
		return c.text
	}
	return text(c.value)
}

// text renders a scalar as OTLP does; lists, maps, bytes and the empty string
// count as absent.
func text(v value) string {
	switch v.kind {
	case pcommon.ValueTypeStr:
		return v.text
	case pcommon.ValueTypeInt:
		return strconv.FormatInt(v.int(), 10)
	case pcommon.ValueTypeDouble:
		if millionths.Whole(v.double()) {
			return strconv.FormatInt(int64(v.double()), 10)
		}
		return pcommon.NewValueDouble(v.double()).AsString()
	case pcommon.ValueTypeBool:
		return strconv.FormatBool(v.bool())
	case pcommon.ValueTypeEmpty, pcommon.ValueTypeMap, pcommon.ValueTypeSlice, pcommon.ValueTypeBytes:
	}
	return ""
}

// number returns where an attribute stands that is not an empty string, nil where it
// is absent.
func (l *level) number(s slot) *cell {
	c := l.at(s)
	if c == nil || c.value.kind == pcommon.ValueTypeEmpty || c.value.kind == pcommon.ValueTypeStr && c.value.text == "" {
		return nil
	}
	return c
}
