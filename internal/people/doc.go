// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package people keeps
package people
