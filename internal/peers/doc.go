// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package peers asks other shards over HTTP, on behalf of whoever asks here.
//
//	question --to each, a few at a time--> parts, and who of them is missing
//	request for one organization --> the shard that has it --> its answer as it is
//
// What is asked is what people ask, the routes of the usage API, with a header
// that says how: [Part] for what the asked shard itself has, as shards tell it
// each other, [Whole] for the answer that a person gets, of it alone. A shard that
// is asked so asks nobody else, so two may name each other.
//
// A shard that does not answer in time, or is of another version, is missing.
// Whoever asks has to say so: nothing here makes a whole of what is there.
package peers
