// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package site

import (
	"net/url"
	"strings"
)

// Segment is an id as a segment of a path. Browsers and proxies take one of a dot
// or two for a step in the path, in whatever way the dots are written, so those
// have a = before them, and so have ids that look like that.
func Segment(id string) string {
	if dotted(id) {
		return "=" + id
	}
	return url.PathEscape(id)
}

// ID is the id that a segment, decoded, stands for.
func ID(segment string) string {
	if id, marked := strings.CutPrefix(segment, "="); marked && dotted(id) {
		return id
	}
	return segment
}

// dotted reports whether an id is a dot or two, with any number of = before.
func dotted(id string) bool {
	dots := strings.TrimLeft(id, "=")
	return dots == "." || dots == ".."
}
