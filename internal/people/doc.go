// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package people keeps all that an organization knows of each user in one
// compact block, so that an event waits for the memory of one user and not of
// seven meters. It is pure, and knows nothing of what the numbers mean: meters
// claim fields, and read and change them.
//
//	id of a user -> keyed hash
//	                   |
//	table    [ tag | slot ] 8 entries a line             table.go
//	                   |
//	blocks   [ 0 | 1 | .. slot .. | 63 ] [ 64 | ...      blocks.go, arena.go
//	                   |      a chunk of 64: what is stored at once, codec.go, saving.go
//	block    hash 8 | stamp 4 | link 4 | fields of the first groups     line 0
//	         fields of the other groups ...                             lines
//	         entry 16 | entry 16 | ... up to the end of the line        layout.go, block.go
//	                   | link: number + 1 of a node, where entries do not find room
//	spill    [ entry | entry | entry | entry ] -> [ entry | ...         spill.go
//
// A Layout is made once from the claims of all meters. Fields are 4 or 8 bytes;
// those that one event needs are of one group and share a line of 64 bytes
// where that is possible. A block of up to 32 bytes is as small as its fields
// (a meter with one class: 24 bytes, and no link as nobody claims entries); a
// larger one takes whole lines.
//
// An Entry is what few users have, or of which one has several: a pair of a
// breakdown, an older period's sum, a mark of a session.
//
//	id 4 | at 4 | word 8        entries.go
//
// The stamp is the minute to whose periods a block was brought. When it is next
// needed after periods have turned, Renew shifts its words of period bits
// (periods.go): nobody visits users at midnight.
//
// Views of blocks and entries are slices of what is kept, and go stale when it
// moves; each says when. A build with the tag peopledebug checks every access
// (guard_debug.go), and `go test -tags peopledebug` runs all tests so.
package people
