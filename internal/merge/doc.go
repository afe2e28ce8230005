// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package merge makes one answer of the parts that shards have of it.
//
//	Part a, Part b, ... --Lists, Users--> the whole, or what is wrong with it
//
// Each shard has organizations of its own, so a whole is its parts side by side,
// in the order that one ledger would have them in. Nothing is added up: what is
// to be added is added after it, as of one ledger. An organization that two
// shards name has half of its figures in each, and no whole of them is true: it is
// an error.
//
// The package is pure.
package merge
