// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// tally is what the parts of a recipe came to for one item.
type tally struct {
	matched  int          // parts whose condition held, or could not be told
	usable   int          // of these, what a meter can use
	consumed bool         // one of these is a Consume
	reason   usage.Reason // of the first part that could not be used
}

// effects appends what the item means to each part of its recipe.
func (w *walker) effects(it *usage.Item, r *record, recipe *recipe) tally {
	var t tally
	for i := range recipe.parts {
		p := &recipe.parts[i]
		holds, reason := w.holds(p, r)
		if !holds && reason == usage.ReasonNone {
			continue
		}
		t.matched++
		e := p.effect
		if reason == usage.ReasonNone {
			reason = w.complete(&e, p, it, r)
		}
		if reason != usage.ReasonNone {
			w.reject(it, p, reason)
			if t.reason == usage.ReasonNone {
				t.reason = reason
			}
			continue
		}
		w.split(&e, p, it)
		w.batch.Effects = append(w.batch.Effects, e)
		if e.Kind == usage.StandingOff {
			w.offFormerly(e, p.key)
		}
		t.usable++
		t.consumed = t.consumed || e.Kind == usage.Consume
	}
	return t
}

func (w *walker) holds(p *part, r *record) (bool, usage.Reason) {
	switch {
	case p.condition == nil:
		return true, usage.ReasonNone
	case p.condition.comparison != nil:
		return p.condition.comparison.holds(r.attributes), usage.ReasonNone
	}
	holds, ok := r.source.holds(p.condition)
	if !ok {
		return false, usage.ReasonCondition
	}
	return holds, usage.ReasonNone
}

// complete fills in what the item brings, or says why the part cannot use it.
func (w *walker) complete(e *usage.Effect, p *part, it *usage.Item, r *record) usage.Reason {
	if p.needsUser && it.User == "" {
		return cmp.Or(w.userFlaw, usage.ReasonNoUser)
	}
	switch e.Kind {
	case usage.Consume:
		var reason usage.Reason
		e.Value, reason = w.amount(p, r)
		if reason == usage.ReasonNone && e.Value < 0 && !p.corrections {
			reason = usage.ReasonNegative
		}
		return reason
	case usage.StandingOn, usage.StandingOff:
		key, _ := w.key(p.key)
		if e.Key = key.id; e.Key == "" {
			return cmp.Or(key.flaw, usage.ReasonNoStandingKey)
		}
	case usage.Alias:
		from := w.id(p.key).who
		if e.Key = from.id; e.Key == "" {
			return cmp.Or(from.flaw, usage.ReasonNoAliasSource)
		}
	case usage.Active, usage.Concurrent, usage.Lifecycle, usage.Rejected, usage.Respelled:
	}
	return w.happened(r)
}

// happened refuses the data points that count nothing for meters of users,
// which have no use for a correction.
func (w *walker) happened(r *record) usage.Reason {
	switch {
	case w.signal != usage.Metrics:
		return usage.ReasonNone
	case r.flaw == usage.ReasonBadValue:
		return r.flaw
	case r.flaw == usage.ReasonNone && r.number < 0:
		return usage.ReasonNegative
	}
	return usage.ReasonNone
}

// amount is what a consumption meter adds for the item.
func (w *walker) amount(p *part, r *record) (int64, usage.Reason) {
	if w.signal == usage.Metrics {
		return r.number, r.flaw
	}
	if p.value == noSlot {
		return usage.Micro, usage.ReasonNone
	}
	n, reason, found := w.number(p.value)
	if !found {
		return 0, usage.ReasonNoValue
	}
	return n, reason
}

// reject tells the ledger, once for each meter and version, that the meter
// could not use its part. Lifecycle and alias are of no meter.
func (w *walker) reject(it *usage.Item, p *part, reason usage.Reason) {
	meter := p.effect.Meter
	if p.ofUser {
		meter = usage.NoMeter
	}
	own := w.batch.Effects[it.FirstEffect:]
	for i := range own {
		if own[i].Kind == usage.Rejected && own[i].Meter == meter && own[i].Version == p.effect.Version {
			return
		}
	}
	w.batch.Effects = append(w.batch.Effects, usage.Effect{
		Kind: usage.Rejected, Meter: meter, Version: p.effect.Version, Reason: reason,
	})
}

// split adds the values of the meter's breakdowns and averages. The effects of
// one meter, which stand together, share them.
func (w *walker) split(e *usage.Effect, p *part, it *usage.Item) {
	if len(p.breakdowns)+len(p.averages) == 0 {
		return
	}
	b := w.batch
	if own := b.Effects[it.FirstEffect:]; len(own) > 0 {
		last := &own[len(own)-1]
		if last.Meter == e.Meter && int(last.NumValues) == len(p.breakdowns) && int(last.NumAverages) == len(p.averages) {
			e.FirstValue, e.NumValues = last.FirstValue, last.NumValues
			e.FirstAverage, e.NumAverages = last.FirstAverage, last.NumAverages
			return
		}
	}
	e.FirstValue, e.NumValues = int32(len(b.Values)), int32(len(p.breakdowns))
	for _, s := range p.breakdowns {
		b.Values = append(b.Values, w.own(labelValue(w.text(s))))
	}
	e.FirstAverage, e.NumAverages = int32(len(b.Averages)), int32(len(p.averages))
	for _, s := range p.averages {
		b.Averages = append(b.Averages, w.average(s))
	}
}

// labelValue is the value of a breakdown as stores take it.
func labelValue(v string) string {
	switch {
	case v == "":
		return usage.NoValue
	case len(v) > identity.MaxLength: // it becomes a label of every figure
		return usage.OtherValue
	}
	return strings.ToValidUTF8(v, "\uFFFD")
}

// average is unset where the attribute is absent or no number: averages are
// beside the sum and refuse nothing.
func (w *walker) average(s slot) usage.Average {
	n, reason, found := w.number(s)
	if !found || reason != usage.ReasonNone {
		return usage.Average{}
	}
	return usage.Average{Value: n, Set: true}
}
