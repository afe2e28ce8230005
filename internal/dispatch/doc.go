// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package dispatch sends the reports of schedules when they are due, and keeps
// the schedules and what became of their deliveries in the ledger.
//
//	Schedule --Next--> Run --(on disk)--> Delivery to each recipient
//	         --make--> report, files --send--> (on disk) delivered
//
// A [Delivery] is on disk before it is tried, and leaves the ones that are due
// only when it has arrived and that is on disk as well: what a crash interrupts
// is tried again, as the same message. Nothing that fails, a report that cannot
// be made among it, loses one.
package dispatch
