// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package usagequeueconnector keeps metrics on disk between two pipelines, so that a
// store behind the second one may be away for as long as the disk has room.
//
//	usage receiver --> connector.go: ConsumeMetrics --> a file a request (queue.go)
//	                                                         | the oldest first, until it is taken
//	                                                         v
//	                                 exporter without a queue --> store
//
// What is waiting is bounded; beyond it the oldest requests are given up, counted and
// told of. Why not the Collector's own persistent queue: decision 30.
package usagequeueconnector
