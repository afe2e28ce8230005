// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func splitLogs(ld plog.Logs, items []usage.Item, s *sorter[plog.Logs]) {
	var sizer plog.ProtoMarshaler
	i := 0
	for r, resource := range ld.ResourceLogs().All() {
		for c, scope := range resource.ScopeLogs().All() {
			for _, log := range scope.LogRecords().All() {
				of := items[i].Organization
				p := s.next(s.place(of), of, sizer.LogRecordSize(log), plog.NewLogs)
				log.MoveTo(logsAt(p, position{r, c, 0}, resource, scope).AppendEmpty())
				i++
			}
		}
	}
}

// logsAt returns the records of a part below copies of resource and scope.
func logsAt(p *part[plog.Logs], at position, resource plog.ResourceLogs, scope plog.ScopeLogs) plog.LogRecordSlice {
	if p.at.resource != at.resource {
		to := p.data.ResourceLogs().AppendEmpty()
		resource.Resource().CopyTo(to.Resource())
		to.SetSchemaUrl(resource.SchemaUrl())
		p.at.scope = -1
	}
	scopes := p.data.ResourceLogs().At(p.data.ResourceLogs().Len() - 1).ScopeLogs()
	if p.at.scope != at.scope {
		to := scopes.AppendEmpty()
		scope.Scope().CopyTo(to.Scope())
		to.SetSchemaUrl(scope.SchemaUrl())
	}
	p.at = at
	return scopes.At(scopes.Len() - 1).LogRecords()
}

func joinLogs(parts []*part[plog.Logs], attribute string) plog.Logs {
	all := plog.NewLogs()
	for _, p := range parts {
		for _, resource := range p.data.ResourceLogs().All() {
			resource.Resource().Attributes().PutStr(attribute, p.place)
		}
		p.data.ResourceLogs().MoveAndAppendTo(all.ResourceLogs())
	}
	return all
}
