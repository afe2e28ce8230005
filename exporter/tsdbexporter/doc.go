// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package tsdbexporter keeps metrics in an embedded time series database and
// answers PromQL over the Prometheus HTTP API.
package tsdbexporter
