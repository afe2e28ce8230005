// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package prefetch asks the processor for memory before it is needed, and does not
// wait for it.
//
// A plain read whose value nobody uses does that, too, but holds up what follows it
// when it is the oldest instruction under way: a few hundred instructions later the
// processor stands still. The instruction for it does not, so that as many lines are
// under way as the processor has buffers for. Go has no such instruction for programs.
package prefetch

import "unsafe"

// Of asks for the line in which a value begins. The value is not read: what p points to
// may be anything, and of anybody.
func Of[T any](p *T) { line(unsafe.Pointer(p)) } //nolint:gosec // an address, which nobody reads

// All asks for all lines of a slice.
func All[T any](s []T) {
	if len(s) > 0 {
		lines(unsafe.Pointer(unsafe.SliceData(s)), uintptr(len(s))*unsafe.Sizeof(s[0])) //nolint:gosec // as in Of
	}
}

// Head asks for the lines that the first bytes of a value are in.
func Head[T any](p *T, bytes uintptr) {
	lines(unsafe.Pointer(p), min(bytes, unsafe.Sizeof(*p))) //nolint:gosec // as in Of
}
