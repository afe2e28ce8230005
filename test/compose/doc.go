// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package compose holds docker-compose.yml against the real things. Where tests
// run there may be no Docker engine, so each service that can be built from a
// Go module is started as Docker would: with the file's own command and
// environment, in a root directory where only the mounted files are, as the
// image's user, in a network in which services know each other by name.
//
// What is not started is Grafana, which no module holds; the mail catcher, for
// which the test stands in; and Kafka, for which the broker of test/thirdparty does.
package compose
