// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package heap

// preferHugePages does nothing where memory is not advised so.
func preferHugePages() {}
