// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// testsIn are the organizations of a collection for which a test runs, with
// when it began.
func testsIn(c usage.Collection) map[string]string {
	found := map[string]string{}
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			if f.Series.Name == "usage_alert_test" && f.Value == 1 {
				found[o.Organization] = f.Series.Labels[0].Value
			}
		}
	}
	return found
}

func TestATestOfAlertsIsAFigureOfItsOrganizationForFiveMinutes(t *testing.T) {
	var a AlertTests
	noon := time.Date(2026, 11, 20, 13, 0, 0, 5e8, time.FixedZone("CET", 3600))
	began := a.start("acme", noon)
	require.Equal(t, alertTestJSON{"acme", noon.UTC().Truncate(time.Second), noon.UTC().Truncate(time.Second).Add(5 * time.Minute)}, began)
	a.start("globex", noon.Add(time.Minute))

	collected := usage.Collection{At: noon, Organizations: []usage.OrganizationFigures{{Organization: "acme"}}}
	require.Equal(t, map[string]string{"acme": "2026-11-20T12:00:00Z", "globex": "2026-11-20T12:01:00Z"}, testsIn(a.On(collected, noon.Add(2*time.Minute))))
	require.Empty(t, collected.Organizations[0].Figures, "the ledger's own collection stays as it is")

	require.Equal(t, map[string]string{"globex": "2026-11-20T12:01:00Z"}, testsIn(a.On(collected, noon.Add(5*time.Minute))))
	again := a.start("globex", noon.Add(5*time.Minute))
	require.Equal(t, map[string]string{"globex": again.Started.Format(time.RFC3339)}, testsIn(a.On(collected, noon.Add(6*time.Minute))), "a new test is another alert")
	require.Empty(t, testsIn(a.On(collected, noon.Add(time.Hour))))
	require.Empty(t, a.started, "what is over is forgotten")
}

func TestATestOfAlertsIsStartedByPost(t *testing.T) {
	a := over(t, kept())
	w := request(t, a, http.MethodPost, "/api/v1/organizations/north%2Fsea/alerts/test")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var answer struct{ Data alertTestJSON }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, "north/sea", answer.Data.Organization)

	c := a.AlertTests.On(usage.Collection{}, answer.Data.Started.Add(time.Minute))
	require.Equal(t, map[string]string{"north/sea": answer.Data.Started.Format(time.RFC3339)}, testsIn(c))

	w = request(t, a, http.MethodPost, "/api/v1/organizations/initech/alerts/test")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), `organization \"initech\": not in the catalogue`)
	w = get(t, a, "/api/v1/organizations/acme/alerts/test")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "POST", w.Header().Get("Allow"))
}
