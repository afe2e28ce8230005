// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"
	"strconv"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// named is what an item says of who someone is.
type named struct {
	id   string       // "" where what it says is no id
	flaw usage.Reason // why not; "" where it says nothing
}

// nobody is where nothing is said.
var nobody cell

func (n *named) nothing() bool { return n.id == "" && n.flaw == usage.ReasonNone }

// as reads an attribute as an id in a spelling.
func (e *Extractor) as(v value, n usage.Normalization) named {
	text := idText(v, n)
	if len(text) > identity.MaxLength { // and is not looked at any further
		return named{flaw: usage.ReasonLongID}
	}
	if text != "" && e.placeholders.Has(text) {
		return named{flaw: usage.ReasonPlaceholder}
	}
	return spelled(text, n)
}

// spelled is as without a look at placeholders.
func spelled(text string, n usage.Normalization) named {
	if len(text) <= identity.MaxLength {
		text = identity.Spell(text, n)
	}
	if len(text) > identity.MaxLength {
		return named{flaw: usage.ReasonLongID}
	}
	return named{id: text}
}

// idText is an attribute as the text of an id: a string, an integer, a double
// that is one. What else there is counts as absent, and so does the empty
// string.
func idText(v value, n usage.Normalization) string {
	switch v.kind {
	case pcommon.ValueTypeStr:
		return v.text
	case pcommon.ValueTypeInt:
		return strconv.FormatInt(v.int(), 10)
	case pcommon.ValueTypeDouble:
		if n == usage.Format3 {
			return strconv.FormatFloat(v.double(), 'g', -1, 64)
		}
		if millionths.Whole(v.double()) {
			return strconv.FormatInt(int64(v.double()), 10)
		}
	case pcommon.ValueTypeBool:
		if n == usage.Format3 {
			return strconv.FormatBool(v.bool())
		}
	case pcommon.ValueTypeEmpty, pcommon.ValueTypeMap, pcommon.ValueTypeSlice, pcommon.ValueTypeBytes:
	}
	return ""
}

// ID returns the id that an attribute of an item with this time is, "" where it
// is none.
func (e *Extractor) ID(v pcommon.Value, time int64) string {
	return e.as(valueOf(v), e.normalization(e.spellings.At(time))).id
}

// normalization of a number that [usage.Spellings.At] has returned.
func (e *Extractor) normalization(spelling int) usage.Normalization {
	if spelling < 0 {
		return usage.Asis
	}
	return e.spellings[spelling].Normalize
}

// spell says by which spelling the ids of the item at hand are read.
func (w *walker) spell(it *usage.Item) {
	w.spelling = w.extractor.spellings.At(it.Time)
	w.normalize = w.extractor.normalization(w.spelling)
}

// first returns the first attribute of an ordered list that is found. What is
// found and is no id is not made up for by another attribute: that may be
// somebody else's.
func (w *walker) first(slots []slot) *cell {
	for _, s := range slots {
		if c := w.id(s); c != &nobody {
			return c
		}
	}
	return &nobody
}

// id looks an attribute up on the record, then its scope, then its resource.
func (w *walker) id(s slot) *cell {
	for _, l := range w.levels() {
		if c := l.at(s); c != nil {
			if w.read(c); !c.who.nothing() {
				return c
			}
		}
	}
	return &nobody
}

func (w *walker) levels() [3]*level { return [...]*level{&w.record, &w.scope, &w.resource} }

// read spells what was found once: many records share a resource.
func (w *walker) read(c *cell) {
	if by := w.normalize + 1; c.by != by {
		c.who, c.by = w.extractor.as(c.value, w.normalize), by
		c.who.id = w.own(c.who.id)
	}
}

// key is id for the keys of standing activity, which may be any word. from is
// where it was found.
func (w *walker) key(s slot) (key named, from *cell) {
	for _, l := range w.levels() {
		if c := l.at(s); c != nil {
			if key := spelled(idText(c.value, w.normalize), w.normalize); !key.nothing() {
				key.id = w.own(key.id)
				return key, c
			}
		}
	}
	return named{}, &nobody
}

// organization sets the organization under which the item counts and reports
// whether its sender may name it, and why what it names is none. Where senders
// are bound, the item counts under the sender's organization whatever it names,
// and what can be no id, as a list or what is too long, is another one's.
func (w *walker) organization(it *usage.Item) (authorized bool, flaw usage.Reason) {
	n := w.first(w.extractor.organization).who
	broken := !utf8.ValidString(n.id)
	if broken { // no store takes it as a label, nor the request that it is in
		n = named{}
	}
	if !w.extractor.binds {
		if n.id != "" {
			it.Organization = n.id
		}
		return true, n.flaw
	}
	bound := w.sender()
	if bound.id != "" {
		it.Organization = bound.id
	}
	if broken || n.flaw == usage.ReasonLongID || w.unreadable(w.extractor.organization) {
		return false, bound.flaw
	}
	return n.id == "" || n.id == bound.id, cmp.Or(bound.flaw, n.flaw)
}

// unreadable reports whether an attribute stands where first looks that is not
// empty and no text of an id, before one that is.
func (w *walker) unreadable(slots []slot) bool {
	for _, s := range slots {
		for _, l := range w.levels() {
			c := l.at(s)
			if c == nil {
				continue
			}
			if w.read(c); !c.who.nothing() {
				return false
			}
			if t := c.value.kind; t != pcommon.ValueTypeEmpty && t != pcommon.ValueTypeStr {
				return true
			}
		}
	}
	return false
}

// sender is the organization of the sender's credential.
func (w *walker) sender() named {
	if by := w.normalize + 1; w.boundBy != by {
		w.boundAs, w.boundBy = named{flaw: usage.ReasonPlaceholder}, by
		if w.bound == "" || !w.extractor.placeholders.Has(w.bound) {
			w.boundAs = spelled(w.bound, w.normalize)
		}
	}
	return w.boundAs
}

func (w *walker) user(r *recipe) *cell {
	if r.aliasTo != noSlot {
		if to := w.id(r.aliasTo); to != &nobody {
			return to
		}
	}
	return w.first(w.extractor.user)
}

// respell tells the ledger who the people of an item were by earlier spellings,
// so that one which makes one of more ids makes no second person of anybody.
// One that tells ids apart again does: who of them was meant is not known.
func (w *walker) respell(it *usage.Item, recipe *recipe) {
	if w.spelling <= 0 || it.User == "" {
		return
	}
	w.formerly(w.user(recipe))
	for i := range recipe.parts {
		if p := &recipe.parts[i]; p.effect.Kind == usage.Alias {
			w.formerly(w.id(p.key))
		}
	}
}

func (w *walker) formerly(from *cell) {
	now := from.who
	if now.id == "" {
		return
	}
	for _, earlier := range w.extractor.spellings[:w.spelling] {
		was := w.extractor.as(from.value, earlier.Normalize)
		if was.id != "" && was.id != now.id && w.normalize.Joins(earlier.Normalize) {
			w.batch.Effects = append(w.batch.Effects, usage.Effect{Kind: usage.Respelled, Meter: usage.NoMeter, Key: w.own(was.id)})
		}
	}
}

// offFormerly switches off what an earlier spelling of the same key has
// switched on.
func (w *walker) offFormerly(off usage.Effect, s slot) {
	_, from := w.key(s)
	was := off
	for _, earlier := range w.extractor.spellings[:max(0, w.spelling)] {
		was.Key = w.own(spelled(idText(from.value, earlier.Normalize), earlier.Normalize).id)
		if was.Key != "" && was.Key != off.Key {
			w.batch.Effects = append(w.batch.Effects, was)
		}
	}
}
