// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"sync"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// splitBytes is splitLogs, or splitTraces, of a request that is bytes: a record is
// copied as it is, below what its resource and its scope say of themselves.
func splitBytes(r otlp.Request, items []usage.Item, s *sorter[*bytesPart]) {
	var places []string
	at := position{resource: -1}
	for resource := range r.Resources() {
		at = position{resource: at.resource + 1, scope: -1}
		aboutResource := otlp.Around(resource)
		_, scopes := otlp.Resource(resource)
		for scope := range scopes {
			at.scope++
			aboutScope := otlp.Around(scope)
			_, _, _, records := otlp.Scope(scope)
			for record := range records {
				n := 1
				if r.Signal == usage.Traces {
					span := otlp.SpanOf(record)
					for range span.Events() {
						n++
					}
				}
				var organization string
				places, organization = s.spread(items[:n], places)
				items = items[n:]
				for _, place := range places {
					p := s.next(place, organization, len(record), newBytesPart)
					if p.at.resource != at.resource {
						p.data.startResource(aboutResource)
						p.at.scope = -1
					}
					if p.at.scope != at.scope {
						p.data.startScope(aboutScope)
					}
					p.at = at
					p.data.scope = otlp.AppendBytes(p.data.scope, below, record)
				}
			}
		}
	}
}

// below is the field of scopes in a resource and of records in a scope, and top that
// of resources in a request.
const (
	top   = 1
	below = 2
)

// bytesPart is a request that is written record by record. What of it is still open is
// apart: the length of a field comes before it.
type bytesPart struct{ request, resource, scope []byte }

var bytesParts = sync.Pool{New: func() any { return new(bytesPart) }}

func newBytesPart() *bytesPart { return bytesParts.Get().(*bytesPart) }

// free gives the part back once its bytes are copied.
func (p *bytesPart) free() {
	p.request = p.request[:0] // the others are empty since its end
	bytesParts.Put(p)
}

func (p *bytesPart) startResource(about []byte) {
	p.endResource()
	p.resource = append(p.resource, about...)
}

func (p *bytesPart) startScope(about []byte) {
	p.endScope()
	p.scope = append(p.scope, about...)
}

func (p *bytesPart) endScope() {
	if len(p.scope) > 0 {
		p.resource = otlp.AppendBytes(p.resource, below, p.scope)
		p.scope = p.scope[:0]
	}
}

func (p *bytesPart) endResource() {
	p.endScope()
	if len(p.resource) > 0 {
		p.request = otlp.AppendBytes(p.request, top, p.resource)
		p.resource = p.resource[:0]
	}
}

func (p *bytesPart) end() []byte {
	p.endResource()
	return p.request
}
