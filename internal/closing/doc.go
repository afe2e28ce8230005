// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package closing is what is known of periods that have ended: which are closed,
// what changes them later, and the versions of their statements.
//
//	clock passes end + grace --> close --> Statement, version 1
//	late event, alias, ... --Watch, Compare--> revision --an hour at most--> version n
package closing
