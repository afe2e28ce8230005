// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageotlpreceiver is the door for OTLP of those who send to be
// counted: it bounds a request before anything decodes it, counts it, and
// answers when the ledger has it, saying what of it was refused.
//
//	gRPC, HTTP --bytes--> bounds --> ledger --> answer
//	                                   \--> decoded for the pipeline, where it is forwarded
package usageotlpreceiver
