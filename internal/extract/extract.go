// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"sync"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Extractor fills batches from OTLP. Its methods may be called concurrently
// and leave the telemetry as it is. They append to the batch one item for each
// record, in the order of the request.
//
// Where the extraction binds organizations to credentials, bound is the one of
// the sender, "" where the sender has none; else bound is "".
type Extractor struct {
	recipes      map[string]*recipe
	stranger     recipe // of actions that are nobody's
	everything   wants  // what scopes and resources are asked for
	organization []slot
	user         []slot
	uid          slot
	binds        bool
	decodes      bool  // a condition needs pdata
	formerBefore int64 // see usage.Extraction
	spellings    usage.Spellings
	placeholders *identity.Placeholders
	walkers      sync.Pool
}

// New compiles an extraction. An error names the meter's condition by its path
// in the configuration, and the remedy.
func New(x usage.Extraction) (*Extractor, error) {
	conditions, err := newConditions()
	if err != nil {
		return nil, err
	}
	c := compiler{Extraction: x, slots: slots{}, conditions: conditions, recipes: map[string]*recipe{}}
	for _, name := range x.Organization {
		c.identity.add(name, c.slots.of(name))
	}
	e := &Extractor{
		recipes:      c.recipes,
		organization: c.slots.ofAll(x.Organization),
		user:         c.slots.ofAll(x.User),
		uid:          c.slots.of(uidAttribute),
		binds:        x.BindOrganization != "",
		formerBefore: x.FormerBefore,
		spellings:    x.Spellings,
		placeholders: identity.NewPlaceholders(x.Placeholders),
	}
	if err := c.compile(); err != nil {
		return nil, err
	}
	e.stranger.wants = c.identity
	for _, condition := range conditions.compiled {
		e.decodes = e.decodes || condition != nil && condition.comparison == nil
	}
	for name, s := range c.slots {
		if s != e.uid { // a uid names one record
			e.everything.add(name, s)
		}
	}
	cells := len(c.slots) + 1
	e.walkers.New = func() any { return newWalker(e, cells) }
	return e, nil
}

// walker returns an idle walker for one request; release gives it back.
func (e *Extractor) walker(signal usage.Signal, bound string, b *usage.Batch) *walker {
	w := e.walkers.Get().(*walker)
	w.signal, w.bound, w.boundBy, w.batch = signal, bound, 0, b
	return w
}

// release drops what the walker still holds of the request.
func (w *walker) release() {
	for _, l := range []*level{&w.record, &w.scope, &w.resource} {
		clear(l.cells)
	}
	w.batch, w.bound, w.boundAs, w.at, w.origin = nil, "", named{}, record{}, origin{}
	w.maps.record, w.maps.scope, w.maps.resource, w.wire = pdataMap{}, pdataMap{}, pdataMap{}, wire{}
	w.log, w.span, w.spanEvent, w.point = logSource{}, spanSource{}, spanEventSource{}, pointSource{}
	w.extractor.walkers.Put(w)
}
