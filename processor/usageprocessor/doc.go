// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageprocessor hands the usage that passes through a pipeline to the
// ledger, and passes the telemetry on.
package usageprocessor
