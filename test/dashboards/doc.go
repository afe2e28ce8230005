// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package dashboards holds the dashboards of dashboards/json to the program
// and to docs/grafana.md.
//
//	json_test.go     the JSON by itself: ids, titles, units, texts, links
//	readable_test.go what fits at 1280 pixels: titles, columns, bars, texts
//	colours_test.go  colours of a panel, as each kind of colour vision sees them
//	defaults_test.go what config/default.yaml calls its meters and classes
//	compose_test.go  what Grafana is started with against docker-compose.yml
//	seeds_test.go    the table of docs/grafana.md against the JSON
//	content_test.go  what a page begins with, and what stands beside what
//	ways_test.go     links to what is no dashboard
//	queries_test.go  every query of every panel and variable, on a shortened
//	                 history of the demo (history_test.go), in the embedded
//	                 store and in a real VictoriaMetrics (stores_test.go)
//	figures_test.go  what is shown of one instant against the ledger's figures
//	titles_test.go   titles of meters and windows in place of their names
//	scale_test.go    what the pages cost with a thousand organizations
//
// It needs bin/otelcol-usage and bin/usagectl (`make build`).
package dashboards
