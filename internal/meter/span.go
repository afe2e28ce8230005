// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Span is a period of a window: of a calendar window [Start, End), of a rolling
// one (Start, End].
type Span struct {
	Window     usage.Window
	Start, End period.Minute
}

// Back returns how many periods before the current one a span lies now; ok is
// false where it is not kept any more.
func (s *Span) Back(c *period.Clock) (n int, ok bool) {
	if s.Window.Kind == usage.Rolling {
		return 0, true
	}
	for i := range period.Published {
		if start, _ := c.Tracks[s.Window.Kind].Bounds(i); start == s.Start {
			return i, true
		}
	}
	return 0, false
}

// Part is what one meter has of a user in a span.
type Part struct {
	Class    int           // of active users: in which they count; -1: in none
	Last     period.Minute // of active users: the first minute at or after the latest action in that class, else in any; 0: none
	Standing bool          // of active users: a standing activity touches the span
	Sum      wide.Int
	Summed   bool // of sums: there are events in Sum
	Hours    int  // of concurrent users: in how many hours that may still be revised they were there
}
