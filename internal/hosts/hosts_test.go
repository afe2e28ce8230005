// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package hosts

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAServerAnswersToItsOwnNames(t *testing.T) {
	names := Names{"Usage.example.com", "*.svc.cluster.local"}
	handler := names.Protect("figures.example.net:9090", "allowed_hosts", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, status := range map[string]int{
		"localhost": http.StatusOK, "localhost:9090": http.StatusOK, "a.localhost": http.StatusOK,
		"127.0.0.1:9090": http.StatusOK, "10.1.2.3": http.StatusOK, "[::1]:9090": http.StatusOK, "[fe80::1]": http.StatusOK,
		"collector:9090": http.StatusOK, "collector": http.StatusOK, "": http.StatusOK,
		"usage.example.com": http.StatusOK, "USAGE.EXAMPLE.COM.:443": http.StatusOK, "figures.example.net": http.StatusOK,
		"usage.monitoring.svc.cluster.local:9090": http.StatusOK,

		"evil.example:9090": http.StatusMisdirectedRequest, "localhost.evil.example": http.StatusMisdirectedRequest,
		"127.0.0.1.nip.io": http.StatusMisdirectedRequest, "usage.example.com.evil.example": http.StatusMisdirectedRequest,
		"xusage.example.com": http.StatusMisdirectedRequest, "svc.cluster.local.evil.example": http.StatusMisdirectedRequest,
		"evilsvc.cluster.local": http.StatusMisdirectedRequest, "1.2.3.4.5": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/query", http.NoBody)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, status, w.Code, host)
		if status != http.StatusOK {
			require.Contains(t, w.Body.String(), "add it to allowed_hosts")
			require.Contains(t, w.Body.String(), nameOf(host))
		}
		r.URL.Path = "/-/ready"
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, http.StatusOK, w.Code, "probes ask by any name")
	}
	all := Names{"*"}.Protect("", "allowed_hosts", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest(http.MethodGet, "http://any.example/", http.NoBody)
	w := httptest.NewRecorder()
	all.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
}

func TestNamesThatAreNone(t *testing.T) {
	require.NoError(t, Names{"a.example", "*.a.example", "*"}.Check("allowed_hosts"))
	for _, name := range []string{"", "*.", "http://a.example", "a.example:80", "a.*.example", "a b"} {
		require.ErrorContains(t, Names{"a.example", name}.Check("allowed_hosts"), "allowed_hosts[1]: ", name)
	}
}
