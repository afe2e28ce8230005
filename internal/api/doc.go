// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package api is what a ledger shows over HTTP: the overview page, the probes,
// and the JSON API below /api/v1, whose answers have the envelope and the types
// of errors of the Prometheus API.
//
//	request --routes--> handler --Book, Catalogue--> answer or error --> envelope
//
// A handler reads parameters, asks the ledger, and returns data or an error;
// status codes, headers and the envelope are written in one place, answer.go.
package api
