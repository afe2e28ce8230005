// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACatalogueIsAcceptedWhereThereIsOneThatIsGood(t *testing.T) {
	const target = "/api/v1/catalogue/accept"
	a := over(t, kept())
	w := request(t, a, http.MethodPost, target)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "there is no catalogue to accept")

	a.lists(t, "organizations: [{id: acme}]")
	w = request(t, a, http.MethodPost, target)
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"status":"success","data":{"organizations":3}}`, w.Body.String())

	a.AcceptCatalogue = func(context.Context, time.Time) (int, error) { return 0, errors.New("customers.yaml:1: bad") }
	w = request(t, a, http.MethodPost, target)
	require.Equal(t, http.StatusConflict, w.Code)
	require.Contains(t, w.Body.String(), "the catalogue is refused: customers.yaml:1: bad")
}
