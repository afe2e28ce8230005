// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package sdk sends usage by the real OpenTelemetry SDK for Go, every signal
// over both transports, into the built collector, and reads the figures back
// in PromQL. It needs bin/otelcol-usage (`make build`).
package sdk
