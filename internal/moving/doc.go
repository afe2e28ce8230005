// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package moving is a shard's part in the move of an organization to or from another
// running shard: it makes the steps of package transfer, as whoever leads the move
// asks for them (usagectl move), and asks the other shard what it has to know of it.
//
//	CopyIn (target)    asks the source for CopyOut, and reads it
//	                   now the map is to give the organization to the target
//	LetGo (source)     sees that the map here and that of the target do, and that the
//	                   target has this copy
//	TakeIn (target)    has the catalogue follow the map first
//
// What still comes to a shard of an organization that has left it, the shard hands to
// the one that it went to, and acknowledges when that one has: nobody can know when the
// last gateway has the new map, and when the last message that was sent by the old one
// is read.
package moving
