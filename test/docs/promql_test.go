// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
)

// comment ends the query before it.
var comment = regexp.MustCompile(`(?m)^#.*\n`)

// TestEveryQueryIsPromQL lets the embedded store read the queries of the pages:
// one a line, and lines that are indented belong to the one before.
func TestEveryQueryIsPromQL(t *testing.T) {
	store, err := promstore.Open(promstore.Settings{Directory: t.TempDir(), Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	handler := store.Handler()
	for _, p := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
			if m[1] != "promql" {
				continue
			}
			text := strings.ReplaceAll(comment.ReplaceAllString(m[2], ""), "\n ", " ")
			for query := range strings.Lines(text) {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/format_query?query="+url.QueryEscape(query), nil))
				require.Equal(t, http.StatusOK, answer.Code, "%s: %s%s", p.name, query, answer.Body)
			}
		}
	}
}
