// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package inquiry

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Status is how an organization's telemetry fares.
type Status struct {
	ID        string
	Since     time.Time // when the ledger began
	LastEvent time.Time // zero: none yet
	Silent    bool
	Items     [usage.NumSignals][usage.NumOutcomes]uint64
	Rejects   []Reject // newest first
	Trends    []Trend
}

// Reject is a refused item, without ids.
type Reject struct {
	Time    time.Time // of arrival
	Signal  usage.Signal
	Outcome usage.Outcome
	Reason  usage.Reason
	Action  string
	Unit    usage.TimeUnit // of its time
}

// Trend is a meter's headline number by day, oldest first.
type Trend struct {
	Meter, Window, Unit string
	Days                []TrendDay
}

// TrendDay is the number at the end of a day, or now.
type TrendDay struct {
	Date  usage.Date
	Value float64
}

// StatusOf returns how the telemetry of an organization fares.
func StatusOf(b *book.Book, o *book.Org) Status {
	s := Status{ID: o.ID, Since: b.Defs.Birth.Time(), Silent: o.Silent(), Items: o.Items()}
	if ns := o.LastEvent(); ns != 0 {
		s.LastEvent = time.Unix(0, ns).UTC()
	}
	for _, r := range o.Rejects() {
		s.Rejects = append(s.Rejects, Reject{
			Time: time.Unix(0, r.Arrived).UTC(), Signal: r.Signal, Outcome: r.Outcome, Reason: r.Reason, Action: r.Action, Unit: r.Unit,
		})
	}
	slices.SortStableFunc(s.Rejects, func(x, y Reject) int { return y.Time.Compare(x.Time) })
	for i, t := range o.Trends {
		if !o.Has(i) {
			continue
		}
		m := &b.Defs.Meters[i]
		shown := Trend{Meter: m.Name, Window: m.Windows[0].String(), Unit: m.Unit}
		for _, day := range t {
			shown.Days = append(shown.Days, TrendDay{Date: day.Date, Value: day.Value.Over(usage.Micro)})
		}
		s.Trends = append(s.Trends, shown)
	}
	return s
}
