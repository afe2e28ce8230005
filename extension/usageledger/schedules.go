// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/api"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// openSchedules reads the schedules of the ledger.
func (e *ledgerExtension) openSchedules(ctx context.Context, b book) (*dispatch.Dispatcher, error) {
	by, err := deliver.New(e.config.Reports)
	if err != nil {
		return nil, err
	}
	schedules, err := dispatch.Open(ctx, dispatch.Settings{
		Memory: b, Reports: dispatch.LedgerReports(e.source), Deliverer: by, Periods: e.periods, Logger: e.logger,
	})
	if err != nil {
		return nil, err
	}
	e.schedules.Store(schedules)
	return schedules, nil
}

// source is what reports are made of.
func (e *ledgerExtension) source(now time.Time) (*reporter.Source, error) {
	b, err := e.opened()
	if err != nil {
		return nil, err
	}
	c, _ := e.catalogue.current()
	s := &reporter.Source{Book: b, Catalogue: c, Sent: true, Issuer: e.api.Issuer, Now: now}
	if p := e.peers.Load(); p != nil {
		s.Others = api.Others(p)
	}
	return s, nil
}

// periods are those of the organizations of a schedule.
func (e *ledgerExtension) periods(s schedule.Scope) (schedule.Periods, error) {
	p := schedule.Periods{Grace: e.config.Grace.Std()}
	b, err := e.opened()
	if err != nil {
		return p, err
	}
	if s.Organization != "" {
		c, err := b.Calendar(s.Organization)
		status, _ := b.Status(s.Organization)
		p.Calendars, p.Since = []*calendar.Calendar{c}, status.Since
		return p, err
	}
	list, _ := e.catalogue.current()
	alike := map[string]bool{} // calendars of one zone that never changed have the same periods
	for _, id := range b.IDs() {
		if o, listed := list.Lookup(id); id == usage.NoOrganization || s.Reseller != "" && (!listed || o.Reseller != s.Reseller) {
			continue
		}
		c, err := b.Calendar(id)
		if err != nil {
			return p, err
		}
		if status, known := b.Status(id); known && (p.Since.IsZero() || status.Since.Before(p.Since)) {
			p.Since = status.Since
		}
		key := c.Zone().String()
		if len(c.History()) > 1 {
			key = strconv.Quote(id)
		}
		if !alike[key] {
			alike[key] = true
			p.Calendars = append(p.Calendars, c)
		}
	}
	if s.Reseller != "" && len(p.Calendars) == 0 {
		return p, fmt.Errorf("reseller: %q: no organization of the catalogue has it", s.Reseller)
	}
	return p, nil
}
