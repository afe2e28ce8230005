// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package floods sends the built bin/otelcol-usage more organizations than it
// knows, or as many as a large catalogue has: what is too much is refused at once,
// and the process answers, collects, ends and comes back in time.
package floods
