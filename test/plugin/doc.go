// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugin runs the Grafana plugin's backend and pages against a built
// collector, in the place of Grafana: as several people, and with what a browser
// may forge.
package plugin
