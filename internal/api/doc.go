// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package api is what a ledger shows over HTTP: the pages, the probes,
// and the JSON API below /api/v1, whose answers have the envelope and the types
// of errors of the Prometheus API.
//
//	request --route--> gate --admitted--> handler --Book--> answer or error --> envelope
//
// A route says what a client needs for it (routes.go). The gate finds out who
// asks and what that may see, and refuses (gate.go). A handler answers from what
// it is given: a Book that has nothing which its client may not see (package seen).
// Status codes, headers and the envelope are written in one place (answer.go).
//
// openapi.yaml describes all of it, and tests hold it to what is answered.
package api
