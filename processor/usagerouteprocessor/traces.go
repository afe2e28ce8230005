// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// splitTraces sends a span whole, with all its events, whose keys follow from it.
// Where they name organizations of several ledgers each gets the span, and refuses
// what is not its own.
func splitTraces(td ptrace.Traces, items []usage.Item, s *sorter[ptrace.Traces]) {
	var sizer ptrace.ProtoMarshaler
	var places []string
	for r, resource := range td.ResourceSpans().All() {
		for c, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				n := 1 + span.Events().Len()
				var organization string
				places, organization = s.spread(items[:n], places)
				items = items[n:]
				size := sizer.SpanSize(span)
				for _, place := range places {
					p := s.next(place, organization, size, ptrace.NewTraces)
					span.CopyTo(spansAt(p, position{r, c, 0}, resource, scope).AppendEmpty())
				}
			}
		}
	}
}

// spansAt returns the spans of a part below copies of resource and scope.
func spansAt(p *part[ptrace.Traces], at position, resource ptrace.ResourceSpans, scope ptrace.ScopeSpans) ptrace.SpanSlice {
	if p.at.resource != at.resource {
		to := p.data.ResourceSpans().AppendEmpty()
		resource.Resource().CopyTo(to.Resource())
		to.SetSchemaUrl(resource.SchemaUrl())
		p.at.scope = -1
	}
	scopes := p.data.ResourceSpans().At(p.data.ResourceSpans().Len() - 1).ScopeSpans()
	if p.at.scope != at.scope {
		to := scopes.AppendEmpty()
		scope.Scope().CopyTo(to.Scope())
		to.SetSchemaUrl(scope.SchemaUrl())
	}
	p.at = at
	return scopes.At(scopes.Len() - 1).Spans()
}

func joinTraces(parts []*part[ptrace.Traces], attribute string) ptrace.Traces {
	all := ptrace.NewTraces()
	for _, p := range parts {
		for _, resource := range p.data.ResourceSpans().All() {
			resource.Resource().Attributes().PutStr(attribute, p.place)
		}
		p.data.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	return all
}
