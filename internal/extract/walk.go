// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// record is one OTLP item as its signal's adapter hands it to the walker.
type record struct {
	source     source
	action     string
	time       pcommon.Timestamp
	attributes attributes

	// Of data points only, which bring their value as their own number.
	number  int64        // its value in millionths
	flaw    usage.Reason // why the number cannot be used, or ""
	refused usage.Reason // why no meter can use the point, or ""
	nothing bool         // the point says that nothing happened
}

// source is what the walker asks of a record in the terms of its signal.
type source interface {
	// uid returns the sender's uid, "" where there is none.
	uid(w *walker) string
	// holds evaluates a condition; ok is false where that fails.
	holds(c *condition) (holds, ok bool)
	// content writes what the signal adds to the content of an item without a
	// uid: fields that only its records have.
	content(h *content.Hash)
	// thinned reports whether the span that the record is, or is in, says that
	// others like it were left out, beside what the record's attributes say.
	thinned() bool
}

// walker goes through the items of one request. It is owned by one goroutine.
type walker struct {
	extractor *Extractor
	batch     *usage.Batch
	signal    usage.Signal

	bound   string // organization of the sender's credential, as it says it
	boundAs named
	boundBy usage.Normalization // + 1, of boundAs; 0: not read yet

	spelling  int // of the item it stands at: its number
	normalize usage.Normalization
	userFlaw  usage.Reason // why the item has no user, where it says one

	record, scope, resource level
	origin                  origin

	// Attributes that pdata has decoded, here so that none is allocated.
	maps struct{ record, scope, resource pdataMap }
	wire wire // where the request is bytes

	owned [256]string // what was made the walker's own lately
	seed  maphash.Seed

	hash content.Hash
	at   record // the item it stands at; here so that it is not allocated

	// The sources, one of each, so that none is allocated for an item.
	log       logSource
	span      spanSource
	spanEvent spanEventSource
	point     pointSource
}

func newWalker(e *Extractor, cells int) *walker {
	return &walker{
		extractor: e,
		seed:      maphash.MakeSeed(),
		record:    level{cells: make([]cell, cells)},
		scope:     level{cells: make([]cell, cells)},
		resource:  level{cells: make([]cell, cells)},
	}
}

func (w *walker) atResource(resource attributes) {
	w.resource.scan(resource, &w.extractor.everything)
	w.resource.render()
	w.origin.resource, w.origin.resourceHashed = resource, false
	w.origin.formerResource.Reset()
}

func (w *walker) atScope(name, version string, scope attributes) {
	w.scope.scan(scope, &w.extractor.everything)
	w.scope.render()
	w.origin.name, w.origin.version, w.origin.scope, w.origin.scopeHashed = name, version, scope, false
	w.origin.formerScope.Reset()
}

// atPdata is atResource of what pdata has decoded.
func (w *walker) atPdata(resource pcommon.Resource) {
	w.maps.resource.Map = resource.Attributes()
	w.atResource(&w.maps.resource)
}

// atPdataScope is atScope of what pdata has decoded.
func (w *walker) atPdataScope(scope pcommon.InstrumentationScope) {
	w.maps.scope.Map = scope.Attributes()
	w.atScope(scope.Name(), scope.Version(), &w.maps.scope)
}

// pdata is the attributes of the record at which the walker stands.
func (w *walker) pdata(record pcommon.Map) attributes {
	w.maps.record.Map = record
	return &w.maps.record
}

// item appends the item of a record. It counts as an internal error until it
// is judged, so that a panic on the way leaves exactly one item as well.
func (w *walker) item(at record) {
	w.at = at
	r, b := &w.at, w.batch
	b.Items = append(b.Items, usage.Item{
		Organization: usage.NoOrganization,
		Action:       w.own(r.action),
		Time:         int64(min(r.time, maxTime)),
		Signal:       w.signal,
		Outcome:      usage.Invalid,
		Reason:       usage.ReasonPanic,
		FirstEffect:  int32(len(b.Effects)),
	})
	it := &b.Items[len(b.Items)-1]
	defer w.keep(it)
	w.judge(it, r)
}

// maxTime is the end of the times that an item can hold; later ones are as
// far in the future as any.
const maxTime = pcommon.Timestamp(1<<63 - 1)

// keep leaves an item its effects, unless it matched nothing. A panic of a
// condition costs that item, never the process.
func (w *walker) keep(it *usage.Item) {
	if recover() != nil {
		it.Outcome, it.Reason = usage.Invalid, usage.ReasonPanic
	}
	if it.Outcome == usage.Unmatched || it.Reason == usage.ReasonPanic {
		w.batch.Effects = w.batch.Effects[:it.FirstEffect]
	}
	it.NumEffects = int32(len(w.batch.Effects)) - it.FirstEffect
}

// judge finds the item's identity, effects and outcome, in the order of
// SEMANTICS 1: unmatched, invalid, unauthorized.
func (w *walker) judge(it *usage.Item, r *record) {
	x := w.extractor
	recipe := x.recipes[r.action]
	matched := recipe != nil && !r.nothing
	if !matched {
		recipe = &x.stranger
	}
	w.record.scan(r.attributes, &recipe.wants)
	w.spell(it)
	authorized, flaw := w.organization(it)
	if !matched {
		it.Outcome, it.Reason = usage.Unmatched, usage.ReasonNone
		return
	}
	user := &w.user(recipe).who
	it.User, w.userFlaw = user.id, user.flaw
	it.UID = r.source.uid(w)
	tally := tally{matched: 1}
	if r.refused == usage.ReasonNone {
		tally = w.effects(it, r, recipe)
	}
	switch {
	case tally.matched == 0:
		it.Outcome, it.Reason = usage.Unmatched, usage.ReasonNone
	case authorized && (it.Organization == usage.NoOrganization || flaw != usage.ReasonNone):
		it.Outcome, it.Reason = usage.Invalid, cmp.Or(flaw, usage.ReasonNoOrganization)
	case r.refused != usage.ReasonNone:
		it.Outcome, it.Reason = usage.Invalid, r.refused
	case r.time == 0:
		it.Outcome, it.Reason = usage.Invalid, usage.ReasonNoTime
	case it.Time < usage.Year2000:
		it.Outcome, it.Reason = usage.Invalid, usage.ReasonTimestampUnit
	case tally.usable == 0:
		it.Outcome, it.Reason = usage.Invalid, tally.reason
	case !authorized:
		it.Outcome, it.Reason = usage.Unauthorized, usage.ReasonOtherTenant
	default:
		it.Outcome, it.Reason = usage.Pending, usage.ReasonNone
	}
	if it.Outcome != usage.Pending {
		return
	}
	it.Sampled = w.sampled(r)
	w.respell(it, recipe)
	if tally.consumed && it.UID == "" {
		it.Content = w.content(it, r)
		if it.Time < x.formerBefore {
			it.Former = w.former(it, r)
		}
	}
}

// text looks an attribute up on the record, then its scope, then its resource.
func (w *walker) text(s slot) string {
	if t := w.record.text(s); t != "" {
		return t
	}
	if t := w.scope.text(s); t != "" {
		return t
	}
	return w.resource.text(s)
}

// number is text for attributes that are read as a number, in millionths.
func (w *walker) number(s slot) (n int64, reason usage.Reason, found bool) {
	for _, l := range w.levels() {
		if c := l.number(s); c != nil {
			n, reason = c.inMillionths()
			return n, reason, true
		}
	}
	return 0, usage.ReasonNone, false
}
