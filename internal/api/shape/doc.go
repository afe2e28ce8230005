// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package shape is how what a ledger returns looks in answers of the usage API:
// statements, users and explanations as JSON, with numbers that lose no digit,
// and users as rows of a table. internal/api/openapi.yaml describes the same for
// clients, and tests hold every answer to it.
package shape
