// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// rejected reads a catalogue that must be refused with the words of the step.
func (r *run) rejected(s *step) error {
	_, err := catalogue.Parse(append([]byte("organizations:\n"), s.text()...))
	if err == nil {
		return errors.New("it was taken")
	}
	want := strings.Join(s.args, " ")
	if r.falsified() {
		want += " (a lie)"
	}
	if !strings.Contains(err.Error(), want) {
		return fmt.Errorf("the error does not say so: %w", err)
	}
	return nil
}

// bill makes the billing report of an organization and a month at a time,
// checks its lines and, unless it is a draft, delivers it.
func (r *run) bill(s *step) error {
	organization := s.args[0]
	month, err := billing.ParseMonth(s.args[1])
	if err != nil {
		return err
	}
	if err := r.moveTo(s.args[2]); err != nil {
		return err
	}
	if _, err := r.ledger.Collect(context.Background(), r.clock); err != nil { // closes what is due
		return err
	}
	a, err := r.ledger.Account(context.Background(), organization)
	if err != nil {
		return err
	}
	a.Delivered = r.delivered[organization]
	report, err := a.Report(month, r.clock)
	if err != nil {
		return err
	}
	for i, line := range s.body {
		if err := r.expectBill(a, &report, strings.Fields(line)); err != nil {
			return fmt.Errorf("line %d: %s: %w", s.at[i], strings.TrimSpace(line), err)
		}
	}
	if len(s.args) == 3 {
		r.deliver(organization, month)
	}
	return nil
}

// deliver notes when a month's report was first delivered.
func (r *run) deliver(organization string, month billing.Month) {
	if r.delivered == nil {
		r.delivered = map[string]map[billing.Month]time.Time{}
	}
	if r.delivered[organization] == nil {
		r.delivered[organization] = map[billing.Month]time.Time{}
	}
	if _, before := r.delivered[organization][month]; !before {
		r.delivered[organization][month] = r.clock
	}
}

// expectBill checks a line: `rows 2`, `adjustments 0`, `total 35.00`, a row as
// `METER START key=value...`, the subscription's own as `- START key=value...`,
// or an adjustment as `adjusted METER START key=value...`.
func (r *run) expectBill(a *billing.Account, b *billing.Report, words []string) error {
	switch words[0] {
	case "rows":
		return r.same(strconv.Itoa(len(b.Rows)), words[1])
	case "adjustments":
		return r.same(strconv.Itoa(len(b.Adjustments)), words[1])
	case "total":
		return r.same(b.Total.StringFixed(a.Digits), words[1])
	case "adjusted":
		for i := range b.Adjustments {
			if l := &b.Adjustments[i]; l.Meter == words[1] && localDate(a, l.Period.Start) == words[2] {
				return r.each(words[3:], adjustmentColumns(a, l))
			}
		}
	default:
		for i := range b.Rows {
			if row := &b.Rows[i]; (row.Meter == words[0] || row.Meter == "" && words[0] == "-") && localDate(a, row.Period.Start) == words[1] {
				return r.each(words[2:], rowColumns(a, row))
			}
		}
	}
	return errors.New("the report does not have it")
}

// each compares key=value with the columns of a line.
func (r *run) each(words []string, columns map[string]string) error {
	for _, word := range words {
		key, want, _ := strings.Cut(word, "=")
		got, known := columns[key]
		if !known {
			return fmt.Errorf("there is no column %s", key)
		}
		if err := r.same(got, want); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (r *run) same(got, want string) error {
	if r.falsified() {
		want += " (a lie)"
	}
	if got != want {
		return fmt.Errorf("it is %s", got)
	}
	return nil
}

func localDate(a *billing.Account, t time.Time) string {
	return t.In(a.Calendar.Zone()).Format(time.DateOnly)
}

func amount(millionths wide.Int) string { return millionths.Decimal(6) }

func share(d decimal.NullDecimal) string {
	if !d.Valid {
		return "-"
	}
	return d.Decimal.String()
}

func optional(n *wide.Int) string {
	if n == nil {
		return "-"
	}
	return amount(*n)
}

func chargeColumns(a *billing.Account, c *billing.Charge) map[string]string {
	return map[string]string{
		"flex": amount(c.Flex), "charged": amount(c.Charged), "windows": strconv.Itoa(c.Windows),
		"price": c.Price.String(), "overage": c.Amount.StringFixed(a.Digits),
	}
}

func rowColumns(a *billing.Account, r *billing.Row) map[string]string {
	columns := chargeColumns(a, &r.Charge)
	maps.Copy(columns, map[string]string{
		"client": r.ClientID, "subdomain": r.Subdomain, "plan": string(r.Plan), "end": localDate(a, r.Period.End),
		"version": strconv.Itoa(int(r.Version)), "committed": amount(r.Committed), "active": amount(r.Active),
		"active/registered": share(r.PerRegistered), "active/committed": share(r.PerCommitted),
		"last": optional(r.LastMonth), "two_ago": optional(r.TwoMonthsAgo),
		"subscription": r.Subscription.StringFixed(a.Digits), "total": r.Total.StringFixed(a.Digits), "payment": r.Payment,
	})
	for _, c := range r.Classes {
		columns[c.Name] = strconv.FormatInt(c.Users, 10)
	}
	return columns
}

func adjustmentColumns(a *billing.Account, l *billing.Adjustment) map[string]string {
	columns := chargeColumns(a, &l.Is)
	columns["from"], columns["to"] = strconv.Itoa(int(l.From)), strconv.Itoa(int(l.To))
	columns["amount"] = l.Amount.StringFixed(a.Digits)
	return columns
}
