// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheFirstDeliveryOfABillStays(t *testing.T) {
	b := kept()
	a := over(t, b)
	a.lists(t, "organizations: [{id: acme}]")
	post := func(target string) (int, string) {
		w := request(t, a, http.MethodPost, target)
		return w.Code, w.Body.String()
	}
	const first = `{"status":"success","data":{"organization":"acme","month":"2026-10","delivered":"2026-11-20T14:05:00Z"}}`
	for range 2 {
		status, body := post("/api/v1/organizations/acme/bills/2026-10")
		require.Equal(t, http.StatusOK, status, body)
		require.JSONEq(t, first, body)
		a.Now = func() time.Time { return at.Add(time.Hour) }
	}
	status, body := post("/api/v1/organizations/north%2Fsea/bills/2026-10") // which the catalogue does not have
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"delivered":null`)
	for month, want := range map[string]string{
		"2026-11":  `period: \"2026-11\": it still runs: deliver its bills when it is over`,
		"2026-12":  `period: \"2026-12\": it has not begun`,
		"2026-Q3":  `period: \"2026-Q3\": bills are by calendar month`,
		"November": `period: \"November\": no such period`,
	} {
		status, body := post("/api/v1/organizations/acme/bills/" + month)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, body, want)
	}
}
