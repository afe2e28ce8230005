// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intern

// Len returns how many places there are.
func (p *Pool[T]) Len() int { return len(p.known) }
