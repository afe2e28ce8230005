// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// SignUps returns how many of the users from one slot to before another were
// registered for the first time in [from, to), ns.
func (o *Organization) SignUps(slot, end uint32, from, to int64) (n int) {
	for ; slot < end; slot++ {
		p := o.users.Persons.Of(slot)
		if p == nil {
			continue
		}
		for _, s := range p.Statuses { // by time
			if s.Status == usage.Registered {
				if from <= s.At && s.At < to {
					n++
				}
				break
			}
		}
	}
	return n
}
