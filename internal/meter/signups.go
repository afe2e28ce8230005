// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// SignUps returns how many of the users from one slot to before another were
// registered for the first time in [from, to), ns.
func (o *Organization) SignUps(slot, end uint32, from, to int64) (n int) {
	for ; slot < end; slot++ {
		p := o.users.persons.of(slot)
		if p == nil {
			continue
		}
		for _, s := range p.statuses { // by time
			if s.status == usage.Registered {
				if from <= s.at && s.at < to {
					n++
				}
				break
			}
		}
	}
	return n
}
