// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package repair says what is left of a ledger directory, and mends what can be
// mended.
//
//	Survey ---> findings: file, what is wrong with it, what is lost ---> Mend, where somebody asks
//
// A survey changes nothing. Mending makes the directory one that opens, by leaving
// out what is lost: files that it removes or cuts off are moved or copied to
// <directory>.damaged-<time> before. Tables are not mended: without their rows the
// others are not what anybody was charged by, so that takes a backup.
package repair
