// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package log is an append-only log of records with increasing numbers.
//
//	            needed                          next
//	              v                              v
//	log-5   log-6 |         log-7                .
//	[40 41] [42 43 44 45]   [45 46 47 48 49 50]  zeros, or what log-2 once had
//	released,               written to: a record, the rest of its page as
//	used again as log-8     zeros, a sync; then the next
//
// A record is on disk before the next one is written, so at most the last one
// can be torn, and one that is not whole with a whole one behind it is damage.
// Its checksum covers the generation of its segment, the number in the file's
// name, so that a file is used again without being cleared.
//
// A segment may begin with the last record of the one before (45 above): Open
// writes it once more. From the first record of a later segment on, the later
// one is read.
//
// record.go has the bytes, writer.go and log.go the way in, open.go the way
// back, copy.go erasure and backup.
package log
