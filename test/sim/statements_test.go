// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// compareStatements holds every version of every statement of the engine
// against the model's.
func (e *engine) compareStatements(t *testing.T, where string, oracle *model.Model) (statements, revisions int) {
	t.Helper()
	ids := append(slices.Sorted(maps.Keys(e.organizations)), "stray")
	for _, id := range ids {
		all, err := e.ledger.Statements(t.Context(), ledger.StatementQuery{Organization: id})
		if id == "stray" && err != nil {
			continue // it was not seen
		}
		require.NoError(t, err)
		var got []model.Statement
		for i := range all {
			got = append(got, statementOf(&all[i]))
			revisions += len(all[i].Versions) - 1
		}
		want := oracle.Statements(id)
		for i := range min(len(got), len(want)) {
			require.Equal(t, want[i], got[i], "%s, %s: %s %s from %s on", where, id, want[i].Meter, want[i].Window, want[i].Start)
		}
		require.Len(t, got, len(want), id)
		statements += len(got)
	}
	return statements, revisions
}

func statementOf(s *archive.Statement) model.Statement {
	out := model.Statement{Meter: s.Meter, Window: s.Window, Start: s.Start, End: s.End}
	for i, v := range s.Versions {
		if v.Number != uint32(i+1) {
			panic(fmt.Sprint("version ", v.Number, " is the ", i+1, ". one"))
		}
		version := model.Version{Made: v.Made, Reason: map[string]int{}, Figures: map[string]float64{}}
		for _, r := range v.Reason {
			version.Reason[r.Kind] = int(r.Events)
		}
		for _, f := range v.Figures {
			labels := map[string]string{}
			for _, l := range f.Labels {
				labels[l.Name] = l.Value
			}
			version.Figures[model.Key(f.Name, labels)] = f.Value.Over(usage.Micro)
		}
		out.Versions = append(out.Versions, version)
	}
	return out
}
