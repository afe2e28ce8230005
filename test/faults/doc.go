// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package faults ends the built collector under load, again and again, cuts the
// power of its disk, fills it, takes its inodes, its directory and its right to
// write away, and holds its figures against what was sent: nothing acknowledged is
// lost, and nothing counts twice, though every request is sent twice and sent again
// until it is acknowledged. It needs bin/otelcol-usage (`make build`), and root for
// disks of its own.
//
// A run takes a sample; USAGE_CAMPAIGN=long the whole (`make crash`), see
// [campaign].
package faults
