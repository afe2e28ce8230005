// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e holds the built collector to what it promises to those who run
// it: OTLP in, figures out of PromQL, and what becomes of bad input
// and a second process. It needs bin/otelcol-usage (`make build`).
package e2e
