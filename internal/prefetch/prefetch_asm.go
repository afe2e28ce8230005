// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package prefetch

import "unsafe"

//go:noescape
func line(p unsafe.Pointer)

//go:noescape
func lines(p unsafe.Pointer, bytes uintptr)
