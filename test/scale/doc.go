// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package scale runs what config/scale has, by the built binary: gateways, shards
// behind a broker that speaks Kafka's protocol, replicas, and load balancing
// without a broker. What they show together is held against a single node that
// got the same events, in another order, and once.
//
// The broker is test/thirdparty/kafka, a process of its own; what of a real Kafka
// it lacks is said there.
package scale
