// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package period is when things are counted: minutes, windows, and an
// organization's clock with the current and recent periods of each calendar kind
// and its local days.
//
//	calendar (zone, anchor) --> Clock { AsOf | Tracks: Hour .. Cycle | Days }
//	                              |  Roll, Days.Turn
//	                              '--> Turn { From, Days, Ended } for all that follows it
package period
