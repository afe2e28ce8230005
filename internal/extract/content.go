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

// The key of content hashes. Duplicates are looked up on disk by them, so
// neither the key nor the encoding below may ever change.
const (
	contentKey0 = 0x6f74656c636f6c2d
	contentKey1 = 0x75736167652d3031
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

// content returns the hash that stands in for the uid that an item lacks.
func (h *hasher) content(w *walker, it *usage.Item, r *record) usage.UID {
	h.buffer, h.sums = h.buffer[:0], h.sums[:0]
	r.source.content(h, w, it, r)
	return sum(h.buffer)
}

// event writes the content of an item that is no data point.
func (h *hasher) event(w *walker, it *usage.Item, r *record) {
	h.text(it.Organization)
	h.text(it.User)
	h.text(it.Action)
	h.number(uint64(it.Time))
	h.number(uint64(consumed(w.batch.Effects[it.FirstEffect:])))
	h.attributes(r.attributes, 0)
}

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

func (h *hasher) attributes(m pcommon.Map, depth int) {
	first := len(h.sums)
	for key, value := range m.All() {
		start := len(h.buffer)
		h.text(key)
		h.value(value, depth)
		h.sums = append(h.sums, sum(h.buffer[start:]))
		h.buffer = h.buffer[:start]
	}
	own := h.sums[first:]
	slices.SortFunc(own, func(a, b usage.UID) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	h.number(uint64(len(own)))
	for _, s := range own {
		h.number(s[0])
		h.number(s[1])
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
		if v.Bool() {
			h.buffer = append(h.buffer, 1)
		} else {
			h.buffer = append(h.buffer, 0)
		}
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

func sum(content []byte) usage.UID {
	a, b := siphash.Hash128(contentKey0, contentKey1, content)
	return usage.UID{a, b}
}
