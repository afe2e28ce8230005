// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	_ "embed"
	"net/http"
)

// description is the OpenAPI document of all routes.
//
//go:embed openapi.yaml
var description []byte

func openAPI(w http.ResponseWriter, r *admitted) error {
	w.Header().Set("Content-Type", "application/yaml")
	if unchanged(w, r.Request, description) {
		return nil
	}
	_, _ = w.Write(description) // the client has gone if it fails
	return nil
}
