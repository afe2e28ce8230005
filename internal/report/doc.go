// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package report turns figures into documents that people send, finance books
// and BI tools load.
//
//	Input (catalogue, statements, figures, bills) --Build--> Report --csv, xlsx, json, html, pdf--> bytes
//
// A [Report] is a list of tables with typed cells and, beside some of them, a
// chart. It says which period it is of, in which zone, by which definitions,
// when it was made, and whether telemetry was complete. What a kind of report
// says is decided here, once; a format, each a package below this one, only
// decides how a table, a cell and a chart look. So all formats have the same
// figures.
//
// The package is pure: it reads no clock and no file.
package report
