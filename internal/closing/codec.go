// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Encode appends what is known of closed periods; it is not in the
// head, so that heads from before there were statements can be read.
func (c *Closings) Encode(e *wire.Encoder) {
	e.Int(int64(c.from))
	e.Int(int64(c.To))
	encodeTermList(e, c.terms)
	encodeTermList(e, c.ended)
	c.encodeCensuses(e)
	ids := make([]periodID, 0, len(c.revised))
	for id := range c.revised {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, comparePeriods)
	e.Uint(uint64(len(ids)))
	for _, id := range ids {
		e.Uint(uint64(id.meter))
		e.Uint(uint64(id.kind))
		e.Int(int64(id.start))
		c.revised[id].encode(e)
	}
}

// Restore reads what encode wrote. What the meters no longer keep is dropped.
func (c *Closings) Restore(data []byte) error {
	d := &wire.Decoder{Bytes: data}
	c.from, c.To = period.Minute(d.Int()), period.Minute(d.Int())
	c.terms, c.ended = decodeTermList(d), decodeTermList(d)
	c.decodeCensuses(d)
	for range d.Count(6) {
		id := periodID{uint16(d.Uint()), usage.Kind(d.Uint()), period.Minute(d.Int())}
		if r := decodeRevision(d); c.keeps(id) {
			c.revised[id] = r
		}
	}
	gone := func(t meterTerms) bool { return int(t.meter) >= len(c.defs.Meters) || t.kind >= usage.Rolling }
	c.terms, c.ended = slices.DeleteFunc(c.terms, gone), slices.DeleteFunc(c.ended, gone)
	return d.Err()
}

// keeps reports whether a meter has the window, and the clock the period.
func (c *Closings) keeps(id periodID) bool {
	if int(id.meter) >= len(c.defs.Meters) || id.kind >= usage.Rolling || c.clock.Tracks[id.kind] == nil {
		return false
	}
	return slices.Contains(c.clock.Tracks[id.kind].Starts[1:], id.start) &&
		slices.ContainsFunc(c.defs.Meters[id.meter].Windows, func(w usage.Window) bool { return w.Kind == id.kind })
}

func (r *revision) encode(e *wire.Encoder) {
	e.Uint(uint64(r.version))
	e.Int(int64(r.made))
	e.Bool(r.changed)
	if r.changed {
		e.Int(int64(r.since))
		encodeCells(e, r.was)
		r.reason.encode(e)
	}
}

func decodeRevision(d *wire.Decoder) *revision {
	r := &revision{version: uint32(d.Uint()), made: period.Minute(d.Int()), changed: d.Bool()}
	if r.changed {
		r.since, r.was = period.Minute(d.Int()), decodeCells(d)
		r.reason.decode(d)
	}
	return r
}

func encodeTermList(e *wire.Encoder, terms []meterTerms) {
	e.Uint(uint64(len(terms)))
	for i := range terms {
		t := &terms[i]
		e.Uint(uint64(t.meter))
		e.Uint(uint64(t.kind))
		e.Int(int64(t.end))
		t.Encode(e)
	}
}

func decodeTermList(d *wire.Decoder) (terms []meterTerms) {
	for range d.Count(7) {
		t := meterTerms{meter: uint16(d.Uint()), kind: usage.Kind(d.Uint()), end: period.Minute(d.Int())}
		if of := DecodeTerms(d); of != nil {
			t.Terms = *of
		}
		terms = append(terms, t)
	}
	return terms
}
