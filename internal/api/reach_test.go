// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
)

func TestAnOrganizationOfAnotherShardIsAskedForThere(t *testing.T) {
	b := kept()
	b.statuses = []inquiry.Status{{ID: "birch"}}
	server := httptest.NewServer(over(t, b).Handler())
	defer server.Close()
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	a := over(t, kept())
	a.Peers = &peers.Peers{All: []peers.Peer{{Name: "b", URL: at, Client: server.Client(), Within: time.Minute}}, Logger: zap.NewNop()}
	defer a.Peers.Close()
	for id, status := range map[string]int{"acme": http.StatusOK, "birch": http.StatusOK, "nowhere": http.StatusNotFound} {
		require.Equal(t, status, get(t, a, "/api/v1/organizations/"+id+"/figures").Code, id)
	}
	server.Close()
	w := get(t, a, "/api/v1/organizations/birch/figures")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "may be of a shard that is missing")
}

// When a report is made is a shard's to say to another, and no parameter for anybody else.
func TestOnlyAShardSaysWhenAReportIsMade(t *testing.T) {
	a := lived(t, func(string) bool { return true })
	a.Authenticate = nil
	const target = "/api/v1/reports/usage-summary?period=current&made=2026-11-21T14:05:00Z"
	require.Equal(t, http.StatusOK, serve(t, a.Handler(), http.MethodGet, target, "", peers.Header, peers.Part).Code)
	for _, header := range [][]string{nil, {peers.Header, peers.Whole}} {
		w := serve(t, a.Handler(), http.MethodGet, target, "", header...)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, w.Body.String(), "made: no such parameter")
	}
	w := serve(t, a.Handler(), http.MethodGet, target+"&other=1", "", peers.Header, peers.Part)
	require.Contains(t, w.Body.String(), "other: no such parameter")
}
