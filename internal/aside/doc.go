// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package aside is how long computing leaves room to what is short and waits.
//
//	a large request, a query --Aside--> nap --> the runtime asks the network, what has arrived runs
package aside
