// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package extract turns OTLP into items of usage: one [usage.Item] for every
// log record, span, span event and data point of a request, none left out.
//
//	pdata --adapter of its signal--> record --walker--> usage.Item + effects
//	                                    |
//	                     action name -> recipe (one map lookup)
//
// [New] compiles the definitions once. For each action it makes a recipe:
// which attributes to fetch, which meters in which versions and classes the
// action touches, and under which condition. An item whose action has no
// recipe costs a map lookup and the search for its organization; a condition
// is evaluated only for the actions that carry it.
//
// The package keeps nothing between requests. The strings of a batch are those
// of the pdata it was filled from, so a batch lives no longer than its request.
//
// The rules are those of SEMANTICS 1; where this package and that page differ,
// one of them is a bug.
package extract
