// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageledger is the extension that owns the state: every processor
// records into it and every receiver collects from it.
//
// It is thin: what is counted is in internal/definition, the state in
// internal/ledger, the page's looks in internal/overview. Here are the
// lifecycle and the clock (extension.go), the catalogue's file (watch.go), the
// judgement of the collector's configuration (snapshot.go), the HTTP routes
// (api.go, page.go) and the collector's own telemetry (telemetry.go).
package usageledger
