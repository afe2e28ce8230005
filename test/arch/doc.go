// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package arch holds the laws of the tree as tests: who may import whom, what
// pure packages may not call, how long a file may be. A message says why.
//
// A law is a function from a file to its offences. Each is also run over a
// small source that breaks it, so that it cannot fall silent.
package arch
