// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Quotas returns statements in the terms of billing: those of windows that had a
// price when they ended, by meter and window in the order in which these come
// first.
func Quotas(all []Statement) ([]billing.Quota, error) {
	type billed struct {
		meter  string
		window usage.Kind
	}
	var quotas []billing.Quota
	place := map[billed]int{} // in quotas
	for i := range all {
		s := &all[i]
		if s.Quota == nil || s.Quota.FlexPrice == "" {
			continue
		}
		window, err := usage.ParseWindow(s.Window)
		if err != nil {
			return nil, fmt.Errorf("statement of %s: %w", s.Meter, err)
		}
		w, err := s.window()
		if err != nil {
			return nil, err
		}
		q, found := place[billed{s.Meter, window.Kind}]
		if !found {
			q = len(quotas)
			place[billed{s.Meter, window.Kind}] = q
			quotas = append(quotas, billing.Quota{Meter: s.Meter, Window: window.Kind})
		}
		quotas[q].Windows = append(quotas[q].Windows, w)
	}
	return quotas, nil
}

// window returns a statement in the terms of billing.
func (s *Statement) window() (billing.Window, error) {
	price, err := decimal.NewFromString(s.Quota.FlexPrice)
	if err != nil {
		return billing.Window{}, fmt.Errorf("statement of %s from %s on: price %q: %w", s.Meter, s.Start, s.Quota.FlexPrice, err)
	}
	w := billing.Window{
		Period: calendar.Period{Start: s.Start, End: s.End}, Limit: s.Quota.Limit, Price: price,
		Versions: make([]billing.Version, len(s.Versions)),
	}
	for i := range s.Versions {
		w.Versions[i] = s.Versions[i].billed()
	}
	return w, nil
}

// users returns a number of them from millionths; there are 2^32 at the most.
func users(millionths wide.Int) int64 {
	n, _ := millionths.Int64()
	return n / usage.Micro
}

// billed returns a version in the terms of billing. Only statements of users
// tell how many were registered.
func (v *Version) billed() billing.Version {
	b := billing.Version{Number: v.Number, Made: v.Made, Used: v.Used}
	b.Registered, b.Active = -1, v.Used
	var total wide.Int
	for _, f := range v.Figures {
		switch f.Name {
		case "usage_registered_users":
			b.Registered = max(0, b.Registered) + users(f.Value)
			continue
		case "usage_active_users":
		default:
			continue
		}
		total = total.Add(f.Value)
		c := billing.Class{Users: users(f.Value)}
		for _, l := range f.Labels {
			switch l.Name {
			case "class":
				c.Name = l.Value
			case "billable":
				c.Billable = l.Value == "true"
			}
		}
		if c.Name != "" {
			b.Classes = append(b.Classes, c)
		}
	}
	if total.Sign() > 0 { // of a meter of users, where what is used is a part of it
		b.Active = total
	}
	return b
}
