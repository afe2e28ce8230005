// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestAnOrganizationIsErasedByDelete(t *testing.T) {
	b := kept()
	b.statuses = append(b.statuses, inquiry.Status{ID: "globex"})
	a := over(t, b)
	a.AlertTests.start("acme", at)
	w := request(t, a, http.MethodDelete, "/api/v1/organizations/acme%20") // another spelling of it
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.JSONEq(t, `{"status":"success","data":{"organization":"acme","users":2}}`, w.Body.String())
	require.Equal(t, []string{"acme"}, b.erased)
	require.Empty(t, a.AlertTests.started, "the test of its alerts has ended, too")

	for id, want := range map[string]struct {
		code int
		text string
	}{
		"globex":  {http.StatusConflict, `organization \"globex\": the catalogue lists it: take it out of the catalogue first`},
		"initech": {http.StatusNotFound, `organization \"initech\": not in the catalogue`},
	} {
		w = request(t, a, http.MethodDelete, "/api/v1/organizations/"+id)
		require.Equal(t, want.code, w.Code)
		require.Contains(t, w.Body.String(), want.text)
	}
	b.failure = fmt.Errorf("%w: the disk is full", usage.ErrUnavailable)
	w = request(t, a, http.MethodDelete, "/api/v1/organizations/acme")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	b.failure = errors.New("damaged")
	w = request(t, a, http.MethodDelete, "/api/v1/organizations/acme")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	w = request(t, a, http.MethodPost, "/api/v1/organizations/acme")
	require.Equal(t, "DELETE", w.Header().Get("Allow"))
}
