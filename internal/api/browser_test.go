// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOtherSitesChangeNothing(t *testing.T) {
	const target = "http://usage.example/api/v1/organizations/acme/alerts/test"
	for name, test := range map[string]struct {
		header []string
		status int
	}{
		"no browser":                   {nil, http.StatusOK},
		"the site itself":              {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "http://usage.example"}, http.StatusOK},
		"typed by its user":            {[]string{"Sec-Fetch-Site", "none"}, http.StatusOK},
		"another site":                 {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, http.StatusForbidden},
		"a neighbour of its domain":    {[]string{"Sec-Fetch-Site", "same-site", "Origin", "http://wiki.example"}, http.StatusForbidden},
		"another site, old browser":    {[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"the site itself, old browser": {[]string{"Origin", "http://usage.example"}, http.StatusOK},
		"a page of no site":            {[]string{"Origin", "null"}, http.StatusForbidden},
		"another port":                 {[]string{"Origin", "http://usage.example:81"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			a := over(t, kept())
			w := request(t, a, http.MethodPost, target, test.header...)
			require.Equal(t, test.status, w.Code, w.Body)
			require.Equal(t, test.status == http.StatusOK, len(a.AlertTests.started) == 1)
			require.Equal(t, http.StatusOK, get(t, a, "http://usage.example/api/v1/organizations", test.header...).Code, "reading changes nothing")
		})
	}
}

func TestABodyIsJSON(t *testing.T) {
	for kind, status := range map[string]int{
		"application/json": http.StatusOK, "application/json; charset=utf-8": http.StatusOK,
		"text/plain": http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded": http.StatusUnsupportedMediaType,
		"multipart/form-data; boundary=x": http.StatusUnsupportedMediaType, "": http.StatusUnsupportedMediaType, "application/json; charset": http.StatusUnsupportedMediaType,
	} {
		w := ask(t, over(t, kept()), http.MethodPost, "/api/v1/organizations/acme/alerts/test", "{}", "Content-Type", kind)
		require.Equal(t, status, w.Code, kind)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		require.Equal(t, http.StatusOK, ask(t, over(t, kept()), method, "/api/v1/organizations", "{}", "Content-Type", "text/plain").Code, "what reads has a body of no meaning")
	}
}

func TestAPathThatIsNotPlainIsSentToTheOneThatIsButForChanges(t *testing.T) {
	h := over(t, kept()).Handler()
	for method, status := range map[string]int{http.MethodGet: http.StatusTemporaryRedirect, http.MethodHead: http.StatusTemporaryRedirect, http.MethodPost: http.StatusBadRequest, http.MethodDelete: http.StatusBadRequest} {
		w := serve(t, h, method, "/api//v1/./organizations", "")
		require.Equal(t, status, w.Code, method)
		require.Equal(t, status == http.StatusTemporaryRedirect, w.Header().Get("Location") == "/api/v1/organizations", method)
	}
}

func TestReadsAreRepeatedByTheirETag(t *testing.T) {
	b := kept()
	a := over(t, b)
	for _, target := range []string{"/api/v1/status", "/api/v1/organizations", "/api/v1/organizations/acme/figures", "/api/v1/organizations/acme/statements", "/api/v1/openapi.yaml"} {
		first := get(t, a, target)
		tag := first.Header().Get("ETag")
		require.Regexp(t, `^"[0-9a-f]{32}"$`, tag)
		require.Equal(t, "private, no-cache", first.Header().Get("Cache-Control"))
		require.Equal(t, "Authorization, Usage-On-Behalf-Of", first.Header().Get("Vary"))
		require.Equal(t, "same-origin", first.Header().Get("Cross-Origin-Resource-Policy"))
		for _, given := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			w := get(t, a, target, "If-None-Match", given)
			require.Equal(t, http.StatusNotModified, w.Code, given)
			require.Empty(t, w.Body.String())
			require.Equal(t, tag, w.Header().Get("ETag"))
		}
		require.Equal(t, http.StatusNotModified, get(t, a, target, "If-None-Match", `"other"`, "If-None-Match", tag).Code)
		require.Equal(t, first.Body.String(), get(t, a, target, "If-None-Match", `"other"`).Body.String())
	}
	before := get(t, a, "/api/v1/organizations").Header().Get("ETag")
	b.statuses[0].Silent = true
	require.Equal(t, http.StatusOK, get(t, a, "/api/v1/organizations", "If-None-Match", before).Code)

	w := request(t, a, http.MethodPost, "/api/v1/organizations/acme/alerts/test", "If-None-Match", "*")
	require.Equal(t, http.StatusOK, w.Code)
	for _, w := range []http.Header{w.Header(), get(t, a, "/").Header(), get(t, a, "/nowhere").Header()} {
		require.Equal(t, "no-store", w.Get("Cache-Control"))
		require.Empty(t, w.Get("ETag"))
	}
}
