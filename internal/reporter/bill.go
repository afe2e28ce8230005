// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// bill makes an organization's billing report of a month; nil: the catalogue
// does not list it, so it has no terms.
func (s *Source) bill(ctx context.Context, o *subject, span report.Span) (*report.Bill, error) {
	account, err := s.account(ctx, o)
	if err != nil || account == nil {
		return nil, err
	}
	month := billing.Month{Year: span.Start.Year, Month: span.Start.Month}
	r, err := account.Report(month, s.Now)
	if err != nil {
		return nil, err
	}
	return &report.Bill{Report: r, Currency: account.Currency, Digits: account.Digits, Delivered: account.Delivered[month]}, nil
}

// account reads an organization as it is billed, with what was delivered.
func (s *Source) account(ctx context.Context, o *subject) (*billing.Account, error) {
	if _, listed := s.Catalogue.Lookup(o.ID); !listed {
		return nil, nil //nolint:nilnil // nothing is charged
	}
	account, err := s.Book.Account(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	account.Delivered, err = s.delivered(ctx, o.ID)
	return account, err
}

// bills is the name under which the ledger keeps when the bill of an
// organization and month was first delivered: by its id, 0 and the month, ns
// since 1970.
const bills = usage.MemoryOfBills

func (s *Source) delivered(ctx context.Context, organization string) (map[billing.Month]time.Time, error) {
	rows, err := s.Book.Recall(ctx, bills)
	if err != nil {
		return nil, err
	}
	at := map[billing.Month]time.Time{}
	for key, value := range rows {
		text, found := strings.CutPrefix(key, organization+"\x00")
		if !found {
			continue
		}
		month, err := billing.ParseMonth(text)
		if err != nil || len(value) != 8 {
			return nil, fmt.Errorf("delivery of the bill of %s: damaged row", organization)
		}
		at[month] = time.Unix(0, int64(binary.BigEndian.Uint64(value))).UTC()
	}
	return at, nil
}

// Deliver notes that the bills of a request were delivered: their first delivery
// fixes what is billed, by the versions of statements that were current when
// the report was made. Only whole months are billed.
func (s *Source) Deliver(ctx context.Context, r Request, made time.Time) error {
	subjects, err := s.subjects(&r)
	if err != nil {
		return err
	}
	span, err := s.span(&r, subjects)
	if err != nil {
		return err
	}
	at := *s
	at.Now = made
	for i := range subjects {
		if err := at.deliver(ctx, &subjects[i], span); err != nil {
			return fmt.Errorf("bill of %s: %w", subjects[i].ID, err)
		}
	}
	return nil
}

// Delivered returns when the bill of one organization and month was delivered
// first; the zero Time: it was not.
func (s *Source) Delivered(ctx context.Context, r Request) (time.Time, error) {
	month, err := billing.ParseMonth(r.Period)
	if err != nil {
		return time.Time{}, refuse("period: %s", err)
	}
	at, err := s.delivered(ctx, r.Organization)
	return at[month], err
}

func (s *Source) deliver(ctx context.Context, o *subject, span report.Span) error {
	month := billing.Month{Year: span.Start.Year, Month: span.Start.Month}
	if !span.Over(o.today(s.Now)) {
		return refuse("period: %q: it still runs: deliver its bills when it is over", span.Name)
	}
	account, err := s.account(ctx, o)
	if err != nil || account == nil {
		return err
	}
	bill, err := account.Report(month, s.Now) // where it was delivered before, as it was then
	if err != nil {
		return err
	}
	if len(bill.Rows)+len(bill.Adjustments) == 0 {
		return nil // nothing was said that could change
	}
	var marks []ledger.StatementID
	for i := range bill.Rows {
		if row := &bill.Rows[i]; row.Meter != "" {
			marks = append(marks, ledger.StatementID{Meter: row.Meter, Window: windowOf(account, row), Start: row.Period.Start, Version: row.Version})
		}
	}
	if _, done := account.Delivered[month]; !done {
		// The time first: after a crash in between, the marks are made again by
		// the report of this time.
		value := binary.BigEndian.AppendUint64(nil, uint64(s.Now.UnixNano()))
		if err := s.Book.Remember(ctx, bills, map[string][]byte{o.ID + "\x00" + month.String(): value}); err != nil {
			return err
		}
	}
	_, err = s.Book.Bill(ctx, o.ID, marks...)
	return err
}

// windowOf is the window of a row's quota.
func windowOf(a *billing.Account, row *billing.Row) string {
	for i := range a.Quotas {
		q := &a.Quotas[i]
		if q.Meter != row.Meter {
			continue
		}
		for j := range q.Windows {
			if q.Windows[j].Period == row.Period {
				return q.Window.String()
			}
		}
	}
	return ""
}
