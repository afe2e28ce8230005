// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package shard says which ledger counts which organization, where one machine
// does not do for all.
//
// An organization lies in one of 256 virtual shards, which never changes: the
// first two hexadecimal digits of the SHA-256 of its id. A [Map], a file that
// gateway and shards read, gives each virtual shard to a shard, and may pin single
// organizations elsewhere:
//
//	version: 1                  # raised with every change
//	shards:
//	  - {name: a, topic: usage-a, virtual: 00-7f}
//	  - {name: b, topic: usage-b, virtual: [80-fe, ff]}
//	pins: {acme: b}
//
// A [File] keeps the map in force equal to its file. The gateway asks it for the
// [Map.Owner] of what it sends; a ledger's [Guard] refuses what is not its own.
package shard
