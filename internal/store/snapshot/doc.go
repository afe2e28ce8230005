// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package snapshot keeps parts: bytes under a key, of which the last write is in
// force. They are written many at a time, and are in force together.
//
//	SNAPSHOT         parts-1            parts-4         parts-5
//	meta             bytes of parts     bytes           bytes
//	1, 4, 5  ---->   ...                ...             ...
//	a checksum       1/0/0 at 0         drop owner 2    1/0/7 at 0
//	of each list     1/0/7 at 80        1/0/0 at 0      drop 3/1/1
//
// A file has the bytes of parts and, behind them, a list of what it changes,
// where every part has a checksum. The manifest SNAPSHOT lists the files in
// their order, with the checksum of each list, so that everything hangs on one
// small file that is replaced by rename. A file is never changed.
//
//	Begin, Put, Drop, Commit --> a new file --> merged with older ones, if due
//	                                        --> the manifest
//	Open  --> the lists, hence where each part is;  Load --> the parts
//
// part.go has keys and lists, manifest.go the manifest, snapshot.go the way
// back, writer.go the way in, merge.go what becomes of old files.
package snapshot
