// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package rules holds rules/ against the programs that load it: promtool,
// vmalert and amtool, each of the version that test/thirdparty names.
package rules
