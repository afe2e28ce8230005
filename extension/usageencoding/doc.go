// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usageencoding is an encoding of messages, each of which is an OTLP request,
// that leaves them as they are: a gateway puts the bytes that came into a message, and
// a shard counts from the bytes of the message, and neither decodes a record.
package usageencoding
