// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package requests attacks the door of the built bin/otelcol-usage with requests
// that are small and would become large, forty at a time, beside a good sender who
// must not notice.
package requests
