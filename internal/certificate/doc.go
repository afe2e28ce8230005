// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package certificate is the birth certificate of a ledger directory: what it
// consists of and how far it had come, in a file outside of what it tells about.
//
//	<directory>/CERTIFICATE    goes with the directory, wherever it is moved to
//	<directory>.certificate    stays where the directory is lost, or an empty one is mounted over it
//
//	{id, format, log: needed from, on disk up to; mark of the rows; runs of counted items}
//
// It never says more than is on disk: it is replaced, by rename, after what it
// says. So a directory that has less than its certificate has lost something, and
// is refused, instead of being taken for a smaller or a new one. What is newer than
// the certificate is held by the log's own checks.
//
// A directory without one was written by a program from before, or is new; the
// first start makes it. The file beside the directory is left out where nothing can
// be written there, which the log says.
package certificate
