// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEraseAsksTheAPIOnceItIsMeant(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.EscapedPath())
		if r.URL.Path == "/api/v1/organizations/globex" {
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprint(w, `{"status":"error","error":"the catalogue lists it"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"status":"success","data":{"organization":"north/sea","users":2,"ids":2}}`)
	}))
	defer server.Close()

	code, _, stderr := usagectl(t, "erase", "--api", server.URL, "north/sea")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "--yes")
	require.Empty(t, asked)

	code, stdout, stderr := usagectl(t, "erase", "--api", server.URL, "north/sea", "--yes")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, "north/sea is erased, with 2 users\n", stdout)
	require.Equal(t, []string{"DELETE /api/v1/organizations/north%2Fsea"}, asked)

	for user, path := range map[string]string{"ann@example.org": "ann@example.org", "..": "=..", "a/b": "a%2Fb"} {
		asked = nil
		code, stdout, stderr = usagectl(t, "erase", "--api", server.URL, "acme", user, "--yes")
		require.Equal(t, exitOK, code, stderr)
		require.Equal(t, user+" of acme is erased, with 2 ids in all\n", stdout)
		require.Equal(t, []string{"DELETE /api/v1/organizations/acme/users/" + path}, asked)
	}

	code, _, stderr = usagectl(t, "erase", "--api", server.URL, "globex", "--yes")
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "the catalogue lists it")
}
