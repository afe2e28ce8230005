// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package query bounds what PromQL may cost, so that no query keeps the process
// from counting.
//
//	request --Gate--> API --Engine--> parser, shape: refused before it runs (400)
//	                              --> metered reading: refused by what is read (422);
//	                                  of last_over_time only what it looks at is read
//	                              --> Prometheus' engine: samples (422), time (503)
//
// Prometheus' engine bounds the samples of a query and looks at its time between
// series. Labels that a query makes, steps of subqueries, regular expressions and
// its answer are bounded by nobody else. What they need follows from the query's
// shape ([Limits]) and from the series that its selectors read, which are all read
// before anything is made of them.
package query
