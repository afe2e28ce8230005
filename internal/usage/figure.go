// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"strings"
	"time"
)

// Collection is every organization's figures at one whole minute.
type Collection struct {
	// At is the minute that the figures are of.
	At time.Time
	// Organizations in the order of their ids. Figures are valid until the
	// next Collect of the same ledger.
	Organizations []OrganizationFigures
}

// OrganizationFigures are the figures of one organization.
type OrganizationFigures struct {
	Organization string
	Figures      []Figure
}

// Figure is one sample of one series of INTERFACE. Its organization label is
// implied by where it stands.
type Figure struct {
	Series *Series
	Value  float64
}

// Series names a time series of one organization: its metric name and all
// labels besides organization, sorted by name. As long as anybody has a Series,
// a ledger hands out the same pointer at every collection, so that a reader
// can keep what it derived from it.
type Series struct {
	Name    string // Prometheus name
	Labels  []Label
	Counter bool // a cumulative counter; else a gauge
	// Start is when a counter began; zero for gauges.
	Start time.Time
}

// MetricName is the OpenTelemetry name of a series. Its unit stays empty: a
// store would write it into the name.
func (s *Series) MetricName() string {
	if rest, ok := strings.CutPrefix(s.Name, "usage_"); ok {
		return "usage." + rest
	}
	return s.Name
}

// Label is a label of a series. Empty values do not occur.
type Label struct{ Name, Value string }
