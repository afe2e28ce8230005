// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 && !arm64

package prefetch

import "unsafe"

func line(unsafe.Pointer) {}

func lines(unsafe.Pointer, uintptr) {}
