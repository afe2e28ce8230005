// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package story holds one story for each rule by which usage is counted. A
// story is a file below testdata, named after its rule and told in the little
// language that README.md explains: what arrives when, and the figures that
// follow. It runs through the product without its components (extract and
// ledger, on a file system in memory), on its own clock.
//
//	testdata/<section>/<rule>.txt --parse--> steps --run--> figures == expected
//
// Whoever doubts a figure writes a story.
package story
