// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
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
		if o := inquiry.Named(l.book, organization); o != nil {
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
	var all []archive.Statement
	for k := usage.Month; k < usage.Rolling; k++ {
		statements, err := l.Statements(ctx, StatementQuery{Organization: organization, Window: k.String()})
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	if a.Quotas, err = archive.Quotas(all); err != nil {
		return nil, fmt.Errorf("billing of %s: %w", organization, err)
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
	o := inquiry.Named(l.book, organization)
	if o == nil {
		return nil, fmt.Errorf("organization %q: %w", organization, inquiry.ErrNoOrganization)
	}
	return o.Calendar(), nil
}
