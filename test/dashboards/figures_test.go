// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// mirror is a store that has the ledger's figures of one minute and nothing
// else: what a query of that minute answers there is what the ledger says.
type mirror struct{ handler http.Handler }

// precision is that of VictoriaMetrics, which keeps as many decimal digits as
// the largest value beside it leaves, and of sums
// whose terms come in another order; below 1 it is of what was subtracted.
const precision = 1e-11

func (d *demo) mirror(t *testing.T) *mirror {
	t.Helper()
	store := openStore(t, t.TempDir())
	collection := usage.Collection{At: d.at}
	for _, o := range d.figures {
		of := usage.OrganizationFigures{Organization: o.Organization}
		for _, f := range o.Figures {
			series := &usage.Series{Name: f.Name, Counter: strings.HasSuffix(f.Name, "_total"), Start: d.at.Add(-1)}
			for _, name := range slices.Sorted(maps.Keys(f.Labels)) {
				series.Labels = append(series.Labels, usage.Label{Name: name, Value: f.Labels[name]})
			}
			value, err := strconv.ParseFloat(strings.Trim(string(f.Value), `"`), 64)
			require.NoError(t, err)
			of.Figures = append(of.Figures, usage.Figure{Series: series, Value: value})
		}
		collection.Organizations = append(collection.Organizations, of)
	}
	require.NoError(t, store.Write(collection))
	return &mirror{store.Handler()}
}

// elsewhere are in the store without being figures of an organization.
var elsewhere = []string{"ALERTS", "usage_ledger_ready", "usage_catalogue_refused", `organization="__none__"`}

// agrees holds an answer against the ledger's.
func (m *mirror) agrees(t *testing.T, name string, form url.Values, got []result) {
	t.Helper()
	query := form.Get("query")
	if slices.ContainsFunc(elsewhere, func(s string) bool { return strings.Contains(query, s) }) {
		return
	}
	answer := httptest.NewRecorder()
	m.handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/query?"+form.Encode(), nil))
	require.Equal(t, http.StatusOK, answer.Code, "%s: %s", name, answer.Body)
	var said struct {
		Data struct{ Result []result }
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &said))
	if strings.Contains(query, "topk(10") { // which of those that tie is left to the store
		require.Equal(t, values(said.Data.Result), values(got), "%s: %s", name, query)
		return
	}
	want := map[string]float64{}
	for _, r := range said.Data.Result {
		want[r.key()] = r.value()
	}
	for _, r := range got {
		value, known := want[r.key()]
		require.True(t, known, "%s: the ledger has no %s: %s", name, r.key(), query)
		require.True(t, equal(value, r.value()), "%s: %s is %v, the ledger says %v: %s", name, r.key(), r.value(), value, query)
	}
	require.Len(t, got, len(want), "%s: %s", name, query)
}

// values are those of an answer, in their order.
func values(results []result) (sorted []float64) {
	for _, r := range results {
		sorted = append(sorted, r.value())
	}
	slices.Sort(sorted)
	return sorted
}

func equal(want, got float64) bool {
	return want == got || math.IsNaN(want) && math.IsNaN(got) || math.Abs(want-got) <= precision*max(1, math.Abs(want))
}
