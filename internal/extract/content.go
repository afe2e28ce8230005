// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/dchest/siphash"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// The keys of content hashes. Duplicates are looked up on disk by them, so
// neither the keys nor the encodings below may ever change. One has: that of events
// of long spans, see docs/decisions/0013.
const (
	contentKey0 = 0x6f74656c636f6c2d
	contentKey1 = 0x75736167652d3031 // of parts, and of former content
	contentKey2 = 0x75736167652d3032 // of content
)

// maxDepth bounds the nesting of attribute values that a hash tells apart;
// what lies deeper is as good as equal.
const maxDepth = 64

// hasher hashes what tells one item from another. Every part is written with
// its length or a tag before it, so that no two contents share an encoding.
// Attributes are hashed one by one and their hashes sorted, so that the order
// in which a sender writes them does not matter.
type hasher struct {
	buffer []byte
	sums   []usage.UID
}

// content returns the hash that stands in for the uid that an item lacks: of
// all that a resend repeats, so that only a resend has it again. Organization,
// user and value are in it with the attributes that they are read from.
//
// Not in it is what a Collector on the way may write: the time of observation,
// flags, trace state, counts of dropped attributes and addresses of schemas.
func (h *hasher) content(w *walker, it *usage.Item, r *record) usage.UID {
	h.buffer, h.sums = h.buffer[:0], h.sums[:0]
	h.text(it.Action)
	h.number(uint64(it.Time))
	r.attributes.hash(h)
	h.origin(&w.origin)
	r.source.content(h)
	a, b := siphash.Hash128(contentKey0, contentKey2, h.buffer)
	return usage.UID{a, b}
}

// The kinds of item, as the first byte of what its source adds to the content.
const (
	kindLog byte = iota
	kindSpan
	kindSpanEvent
	kindPoint
	kindEventOfLongSpan
)

// maxShared bounds what many items have in common and each has in its content as it
// is, in bytes: 128 attributes, as many as SDKs take, and a name are less. What is
// longer would make a request cost the product of two of its parts.
const maxShared = 4 << 10

// shared is what items have in common, as it stands in the content of each. It is
// written once, when the first of them asks.
type shared struct {
	bytes   []byte
	long    bool // more than maxShared: bytes are its hash
	written bool
}

// add adds what items have in common, which write writes.
func (h *hasher) add(s *shared, write func(h *hasher)) {
	if !s.written {
		start := len(h.buffer)
		write(h)
		if s.long = len(h.buffer)-start > maxShared; s.long {
			h.sum(h.cut(start))
		}
		s.bytes, s.written = append(s.bytes[:0], h.buffer[start:]...), true
		h.buffer = h.buffer[:start]
	}
	h.buffer = append(h.buffer, s.bytes...)
}

// origin is the resource and the scope of items. Each is hashed once, when the
// first of its items asks.
type origin struct {
	resource, scope             attributes
	name, version               string // of the scope
	resourceSum, scopeSum       usage.UID
	resourceHashed, scopeHashed bool
	// What former content has of them.
	formerResource, formerScope shared
}

func (h *hasher) origin(o *origin) {
	if !o.resourceHashed {
		start := len(h.buffer)
		o.resource.hash(h)
		o.resourceSum, o.resourceHashed = h.cut(start), true
	}
	if !o.scopeHashed {
		start := len(h.buffer)
		h.text(o.name)
		h.text(o.version)
		o.scope.hash(h)
		o.scopeSum, o.scopeHashed = h.cut(start), true
	}
	h.sum(o.resourceSum)
	h.sum(o.scopeSum)
}

// former returns the hash that stood in for a uid until format 3 of the
// ledger: of less, so that two items of one instant could share it. Ledgers of
// that time know their items by it. Of a point of a long resource or scope there is
// none: what that costs is worse than that a resend across the update counts again.
func (h *hasher) former(w *walker, it *usage.Item, r *record) usage.UID {
	h.buffer, h.sums = h.buffer[:0], h.sums[:0]
	h.text(it.Organization)
	if w.signal == usage.Metrics {
		h.text(it.Action)
		h.number(uint64(it.Time))
		r.attributes.hash(h)
		h.add(&w.origin.formerScope, w.origin.writeFormerScope)
		h.add(&w.origin.formerResource, w.origin.writeFormerResource)
		if w.origin.formerScope.long || w.origin.formerResource.long {
			return usage.UID{}
		}
	} else {
		h.text(it.User)
		h.text(it.Action)
		h.number(uint64(it.Time))
		h.number(uint64(consumed(w.batch.Effects[it.FirstEffect:])))
		r.attributes.hash(h)
	}
	return h.cut(0)
}

func (o *origin) writeFormerScope(h *hasher) {
	h.text(o.name)
	h.text(o.version)
	o.scope.hash(h)
}

func (o *origin) writeFormerResource(h *hasher) { o.resource.hash(h) }

// consumed is the value of the first Consume.
func consumed(effects []usage.Effect) int64 {
	for i := range effects {
		if effects[i].Kind == usage.Consume {
			return effects[i].Value
		}
	}
	return 0
}

func (h *hasher) text(s string) {
	h.number(uint64(len(s)))
	h.buffer = append(h.buffer, s...)
}

func (h *hasher) number(n uint64) {
	h.buffer = binary.LittleEndian.AppendUint64(h.buffer, n)
}

func (h *hasher) sum(s usage.UID) {
	h.number(s[0])
	h.number(s[1])
}

func (h *hasher) bool(b bool) {
	if b {
		h.buffer = append(h.buffer, 1)
	} else {
		h.buffer = append(h.buffer, 0)
	}
}

// cut hashes what was written from start on, and takes it off again.
func (h *hasher) cut(start int) usage.UID {
	a, b := siphash.Hash128(contentKey0, contentKey1, h.buffer[start:])
	h.buffer = h.buffer[:start]
	return usage.UID{a, b}
}

func (h *hasher) attributes(m pcommon.Map, depth int) {
	first := len(h.sums)
	for key, value := range m.All() {
		start := len(h.buffer)
		h.text(key)
		h.value(value, depth)
		h.sums = append(h.sums, h.cut(start))
	}
	h.sorted(first)
}

// sorted writes the hashes of attributes, from the first of them on, and drops
// them.
func (h *hasher) sorted(first int) {
	own := h.sums[first:]
	slices.SortFunc(own, func(a, b usage.UID) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	h.number(uint64(len(own)))
	for _, s := range own {
		h.sum(s)
	}
	h.sums = h.sums[:first]
}

func (h *hasher) value(v pcommon.Value, depth int) {
	if depth > maxDepth {
		return
	}
	h.buffer = append(h.buffer, byte(v.Type()))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		h.text(v.Str())
	case pcommon.ValueTypeInt:
		h.number(uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		h.number(math.Float64bits(v.Double()))
	case pcommon.ValueTypeBool:
		h.bool(v.Bool())
	case pcommon.ValueTypeBytes:
		h.number(uint64(v.Bytes().Len()))
		for _, b := range v.Bytes().All() {
			h.buffer = append(h.buffer, b)
		}
	case pcommon.ValueTypeMap:
		h.attributes(v.Map(), depth+1)
	case pcommon.ValueTypeSlice:
		h.number(uint64(v.Slice().Len()))
		for _, element := range v.Slice().All() {
			h.value(element, depth+1)
		}
	case pcommon.ValueTypeEmpty:
	}
}
