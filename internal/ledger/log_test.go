// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"path"
	"strings"
)

// isOfLog reports whether a file is a segment of the log.
func isOfLog(name string) bool { return strings.HasPrefix(path.Base(name), "log-") }
