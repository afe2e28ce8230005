// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usagereceiver collects the figures of the ledger on a schedule and
// sends them into a metrics pipeline.
package usagereceiver
