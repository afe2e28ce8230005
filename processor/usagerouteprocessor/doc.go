// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usagerouteprocessor is what a gateway in front of several ledgers does:
// it splits each request by the ledgers that count its organizations, which it finds
// as they do, and says where each part goes, by the metadata of the request or by an
// attribute.
//
// It changes no record. What a shard counts, and by which key it knows an item
// again, is what a single ledger would.
package usagerouteprocessor
