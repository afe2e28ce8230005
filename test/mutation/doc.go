// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package mutation takes the checks of the gate in front of figures out, one at a
// time, and requires the tests of their package to fail without it.
//
// A package is built once, with a switch beside each condition; its tests run
// once for each switch.
package mutation
