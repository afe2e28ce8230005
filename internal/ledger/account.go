// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Account returns an organization as it is billed: the catalogue's terms, and
// the closed windows that had a price when they ended, with all versions of
// their statements. Which reports were delivered is not known here.
func (l *Ledger) Account(ctx context.Context, organization string) (*billing.Account, error) {
	l.mu.Lock()
	err := l.unreadable()
	var cal *calendar.Calendar
	var entry *catalogue.Organization
	listed := false
	if err == nil { // else the directory may be being read anew, and the catalogue with it
		if o := l.book.named(organization); o != nil {
			organization, cal = o.ID, o.Calendar()
		}
		entry, listed = l.settings.Catalogue.Lookup(organization)
	}
	l.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case !listed || cal == nil:
		return nil, fmt.Errorf("billing of %q: the catalogue does not have it, so it has no terms", organization)
	}
	a := entry.Account()
	a.Calendar = cal
	quotas := map[billed]int{} // where it is in a.Quotas
	for k := usage.Month; k < usage.Rolling; k++ {
		statements, err := l.Statements(ctx, StatementQuery{Organization: organization, Window: k.String()})
		if err != nil {
			return nil, err
		}
		for i := range statements {
			s := &statements[i]
			if s.Quota == nil || s.Quota.FlexPrice == "" {
				continue
			}
			w, err := s.window()
			if err != nil {
				return nil, fmt.Errorf("billing of %s: %w", organization, err)
			}
			q, found := quotas[billed{s.Meter, k}]
			if !found {
				q = len(a.Quotas)
				quotas[billed{s.Meter, k}] = q
				a.Quotas = append(a.Quotas, billing.Quota{Meter: s.Meter, Window: k})
			}
			a.Quotas[q].Windows = append(a.Quotas[q].Windows, w)
		}
	}
	return a, nil
}

// Calendar returns that of an organization, with all that it had before.
func (l *Ledger) Calendar(organization string) (*calendar.Calendar, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.unreadable(); err != nil {
		return nil, err
	}
	o := l.book.named(organization)
	if o == nil {
		return nil, fmt.Errorf("organization %q: %w", organization, ErrNoOrganization)
	}
	return o.Calendar(), nil
}

// billed is a meter's window that costs.
type billed struct {
	meter  string
	window usage.Kind
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
func (v *StatementVersion) billed() billing.Version {
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
