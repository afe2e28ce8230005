// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// content returns the hash that stands in for the uid that an item lacks: of
// all that a resend repeats, so that only a resend has it again. Organization,
// user and value are in it with the attributes that they are read from.
//
// Not in it is what a Collector on the way may write: the time of observation,
// flags, trace state, counts of dropped attributes and addresses of schemas.
func (w *walker) content(it *usage.Item, r *record) usage.UID {
	h := &w.hash
	h.Reset()
	h.Text(it.Action)
	h.Number(uint64(it.Time))
	r.attributes.hash(h)
	w.origin.write(h)
	r.source.content(h)
	return h.Content()
}

// The kinds of item, as the first byte of what its source adds to the content.
const (
	kindLog byte = iota
	kindSpan
	kindSpanEvent
	kindPoint
	kindEventOfLongSpan
)

// origin is the resource and the scope of items. Each is hashed once, when the
// first of its items asks.
type origin struct {
	resource, scope             attributes
	name, version               string // of the scope
	resourceSum, scopeSum       usage.UID
	resourceHashed, scopeHashed bool
	// What former content has of them.
	formerResource, formerScope content.Shared
}

func (o *origin) write(h *content.Hash) {
	if !o.resourceHashed {
		start := h.Len()
		o.resource.hash(h)
		o.resourceSum, o.resourceHashed = h.Cut(start), true
	}
	if !o.scopeHashed {
		start := h.Len()
		h.Text(o.name)
		h.Text(o.version)
		o.scope.hash(h)
		o.scopeSum, o.scopeHashed = h.Cut(start), true
	}
	h.Sum(o.resourceSum)
	h.Sum(o.scopeSum)
}

// former returns the hash that stood in for a uid until format 3 of the
// ledger: of less, so that two items of one instant could share it. Ledgers of
// that time know their items by it. Of a point of a long resource or scope there is
// none: what that costs is worse than that a resend across the update counts again.
func (w *walker) former(it *usage.Item, r *record) usage.UID {
	h := &w.hash
	h.Reset()
	h.Text(it.Organization)
	if w.signal == usage.Metrics {
		h.Text(it.Action)
		h.Number(uint64(it.Time))
		r.attributes.hash(h)
		h.Add(&w.origin.formerScope, w.origin.writeFormerScope)
		h.Add(&w.origin.formerResource, w.origin.writeFormerResource)
		if w.origin.formerScope.Long() || w.origin.formerResource.Long() {
			return usage.UID{}
		}
	} else {
		h.Text(it.User)
		h.Text(it.Action)
		h.Number(uint64(it.Time))
		h.Number(uint64(consumed(w.batch.Effects[it.FirstEffect:])))
		r.attributes.hash(h)
	}
	return h.Cut(0)
}

func (o *origin) writeFormerScope(h *content.Hash) {
	h.Text(o.name)
	h.Text(o.version)
	o.scope.hash(h)
}

func (o *origin) writeFormerResource(h *content.Hash) { o.resource.hash(h) }

// consumed is the value of the first Consume.
func consumed(effects []usage.Effect) int64 {
	for i := range effects {
		if effects[i].Kind == usage.Consume {
			return effects[i].Value
		}
	}
	return 0
}
