// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageledger is the extension that owns the state: every processor
// records into it and every receiver collects from it.
package usageledger
