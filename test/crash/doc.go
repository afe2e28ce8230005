// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package crash ends the built collector under load, again and again, and
// holds its figures against what was sent: nothing acknowledged is lost, and
// nothing counts twice, though every request is sent twice and sent again until
// it is acknowledged. It needs bin/otelcol-usage (`make build`).
// USAGE_CAMPAIGN=long kills more often.
package crash
