// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package distribution builds a Collector of somebody else, who took our
// components beside stock ones, and runs it.
package distribution
