// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package promql binds PromQL to the organizations that a client may read. A
// [Bound] says which these are:
//
//	query, match[] --Query, Selectors--> the same, in which every selector has none but theirs
//	a store of ours --Matchers, Sees--> series and alerts that are theirs
//
// A query is bound in its tree, as Prometheus' parser reads it, and never in its
// text; what the parser does not read is refused. Its answer is that of a store
// which has no other organization. A series without the label organization is
// of nobody, so that only those read it who read everything.
//
// The embedded store binds what it reads by [Bound.Matchers], after the query is
// parsed, whatever reads it. A store that is not ours gets queries bound by
// [Bound.Query]. The package is pure.
package promql
