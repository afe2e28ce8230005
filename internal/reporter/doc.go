// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package reporter makes reports of what a ledger and its catalogue know.
//
//	Request --check--> what it is about --statements, figures, bills, users--> report.Input --report.Build--> Report
//
// Figures of a closed period are those of its statements, of one that is not
// closed yet those of the latest collection: so they are the gauges' own. Which
// of the two a figure is from is decided in one place, meter.go.
package reporter
