// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pseudonyms hide users: the attributes that hold a user id are replaced by the
// user's pseudonym wherever OTLP has attributes.
type pseudonyms struct {
	pseudonymizer Pseudonymizer
	extractor     *extract.Extractor
	names         map[string]bool
}

func newPseudonyms(pseudonymizer Pseudonymizer, extractor *extract.Extractor, x usage.Extraction) *pseudonyms {
	p := &pseudonyms{pseudonymizer: pseudonymizer, extractor: extractor, names: map[string]bool{}}
	for _, name := range append([]string{x.AliasFrom, x.AliasTo}, x.User...) {
		if name != "" {
			p.names[name] = true
		}
	}
	return p
}

// rewrite walks through a request in the order of its items, each of which says
// the organization under whose key its users are hidden. A user named by a
// resource or scope is hidden under the organization of its first item: the
// pseudonym of others there would be another one, but no id gets through.
type rewrite struct {
	*pseudonyms
	items []usage.Item
	next  int
}

// owner is whose users an item names, and when: by its time ids are spelled.
type owner struct {
	organization string
	time         int64
}

func (r *rewrite) owner() owner {
	if r.next < len(r.items) {
		return owner{r.items[r.next].Organization, r.items[r.next].Time}
	}
	return owner{organization: usage.NoOrganization}
}

// shared hides what a resource or scope names.
func (r *rewrite) shared(attributes pcommon.Map) { r.hide(attributes, r.owner()) }

// item hides what the next item names.
func (r *rewrite) item(attributes pcommon.Map) owner {
	of := r.owner()
	r.next++
	r.hide(attributes, of)
	return of
}

// hide replaces each of the names, repeated ones too, whatever its type. What
// is an id is hidden in the spelling by which it is counted.
func (p *pseudonyms) hide(attributes pcommon.Map, of owner) {
	for name, value := range attributes.All() {
		if !p.names[name] {
			continue
		}
		if user := cmp.Or(p.extractor.ID(value, of.time), value.AsString()); user != "" {
			value.SetStr(p.pseudonymizer.Pseudonym(of.organization, user))
		}
	}
}

func (r *rewrite) logs(ld plog.Logs) {
	for _, resource := range ld.ResourceLogs().All() {
		r.shared(resource.Resource().Attributes())
		for _, scope := range resource.ScopeLogs().All() {
			r.shared(scope.Scope().Attributes())
			for _, log := range scope.LogRecords().All() {
				r.item(log.Attributes())
			}
		}
	}
}

func (r *rewrite) traces(td ptrace.Traces) {
	for _, resource := range td.ResourceSpans().All() {
		r.shared(resource.Resource().Attributes())
		for _, scope := range resource.ScopeSpans().All() {
			r.shared(scope.Scope().Attributes())
			for _, span := range scope.Spans().All() {
				of := r.item(span.Attributes())
				for _, link := range span.Links().All() {
					r.hide(link.Attributes(), of)
				}
				for _, event := range span.Events().All() {
					r.item(event.Attributes())
				}
			}
		}
	}
}

func (r *rewrite) metrics(md pmetric.Metrics) {
	for _, resource := range md.ResourceMetrics().All() {
		r.shared(resource.Resource().Attributes())
		for _, scope := range resource.ScopeMetrics().All() {
			r.shared(scope.Scope().Attributes())
			for _, metric := range scope.Metrics().All() {
				r.metric(metric)
			}
		}
	}
}

func (r *rewrite) metric(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			r.exemplars(p.Exemplars(), r.item(p.Attributes()))
		}
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			r.exemplars(p.Exemplars(), r.item(p.Attributes()))
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			r.exemplars(p.Exemplars(), r.item(p.Attributes()))
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			r.exemplars(p.Exemplars(), r.item(p.Attributes()))
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			r.item(p.Attributes())
		}
	case pmetric.MetricTypeEmpty:
	}
}

func (r *rewrite) exemplars(exemplars pmetric.ExemplarSlice, of owner) {
	for _, e := range exemplars.All() {
		r.hide(e.FilteredAttributes(), of)
	}
}
