// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// api tells the API calls: one data point of a delta sum for each quarter of
// an hour that had any.
func (d *day) api() {
	busy := d.office()
	for quarter := range 96 {
		hour := float64(quarter)/4 + 0.2499
		rhythm := 0.06 + math.Exp(-(hour-13)*(hour-13)/18)
		calls := d.some(d.calls / 4 * rhythm * (0.2 + 0.8*busy) * (0.7 + 0.3*d.growth(d.index)))
		if calls == 0 {
			continue
		}
		e := d.log(d.at(hour), "", "api.calls")
		e.Signal, e.Value = usage.Metrics, int64(calls)
	}
}
