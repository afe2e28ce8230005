// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package mutation takes the checks of the gates in front of figures out, one at a
// time, and requires a test of their package to fail without it. Of the larger
// packages `make test` takes a few, and `make crash` all.
//
// A check is a condition of an if or a case, an operand of && or ||, what a route
// needs, or a call that leaves out what may not be seen. A package is built once,
// with a switch beside each check; its tests run once for each switch.
package mutation
