// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageledger is the extension that owns the state: every processor
// records into it and every receiver collects from it.
//
// It is thin: what is counted is in internal/definition, the state in
// internal/ledger, the HTTP routes in internal/api, the pages' looks in
// internal/overview and internal/pages. Here are the lifecycle and the clock
// (extension.go), the catalogue's file (watch.go), the judgement of the
// collector's configuration (snapshot.go) and the collector's own telemetry
// (telemetry.go).
package usageledger
