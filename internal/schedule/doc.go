// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package schedule says when a report is due, and of which period it is.
//
// A [Schedule] names a report, its recipients and a cadence. [Schedule.Next]
// returns the next [Run]: the instant at which a report is due, and the period
// that it is about.
//
//	daily, weekly, monthly, quarterly   one run for each period, at its time of
//	                                    day on the first day on which the period
//	                                    is closed
//	cron: MINUTE HOUR DAY MONTH WEEKDAY each run is about the last period of its
//	                                    kind that is closed then
//
// A period is closed when its grace has passed: what a report then says is what
// the ledger has recorded. A provisional schedule does not wait for that.
//
// The package is pure: it reads no clock, and time is an argument.
package schedule
