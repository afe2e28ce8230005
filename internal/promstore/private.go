// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package promstore

import "syscall"

// private has the process make files for its user alone: the TSDB leaves rights to the
// umask, which is the process's. Other components get it too: docs/operations.md says so.
func private() { syscall.Umask(0o077) }
