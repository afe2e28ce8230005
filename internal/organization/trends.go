// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// trendDays is how many days are kept.
const trendDays = 30

// Trends are the headline numbers of an organization's meters by day.
type Trends []Trend

// Trend is the days of a meter, oldest first.
type Trend []TrendDay

// TrendDay is a meter's headline number at the end of a day, or so far.
type TrendDay struct {
	Date  usage.Date
	Value wide.Int // millionths
}

// Keep notes the headline numbers of the day. It reports whether a day has begun,
// which is to be written; what a collection changes besides follows from what is
// written.
func (t *Trends) Keep(o *Organization) (began bool) {
	if o.ID == usage.NoOrganization {
		return false
	}
	today := o.Today()
	for i := range o.Meters() {
		if i >= len(*t) {
			*t = append(*t, nil)
		}
		if !o.Has(i) {
			continue
		}
		days := (*t)[i]
		if len(days) == 0 || days[len(days)-1].Date != today {
			days = append(days, TrendDay{Date: today})
			if len(days) > trendDays {
				days = slices.Delete(days, 0, len(days)-trendDays)
			}
			(*t)[i], began = days, true
		}
		days[len(days)-1].Value = o.Headline(i)
	}
	return began
}

// Cut drops the days from one on.
func (t Trends) Cut(from usage.Date) {
	for i, days := range t {
		t[i] = slices.DeleteFunc(days, func(day TrendDay) bool { return day.Date.Compare(from) >= 0 })
	}
}

// Encode appends the days of all meters.
func (t Trends) Encode(e *wire.Encoder) {
	e.Uint(uint64(len(t)))
	for _, days := range t {
		e.Uint(uint64(len(days)))
		for _, day := range days {
			e.Int(int64(day.Date.Year))
			e.Uint(uint64(day.Date.Month))
			e.Uint(uint64(day.Date.Day))
			e.Wide(day.Value)
		}
	}
}

// DecodeTrends reads what Encode wrote.
func DecodeTrends(d *wire.Decoder) (t Trends) {
	for range d.Count(1) {
		var days Trend
		for range d.Count(4) {
			days = append(days, TrendDay{
				Date:  usage.Date{Year: int(d.Int()), Month: time.Month(d.Uint()), Day: int(d.Uint())},
				Value: d.Wide(),
			})
		}
		t = append(t, days)
	}
	return t
}
