// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
)

// billing is the detailed billing report: what is charged, and why.
func (b *builder) billing() {
	b.add(b.charges())
	b.add(b.adjustments())
	b.add(b.sums())
	for i := range b.in.Organizations {
		if o := &b.in.Organizations[i]; o.Bill != nil && !o.Bill.Delivered.IsZero() {
			b.note("%s was billed on %s: the charges are what was known then.", o.Name, o.Bill.Delivered.In(o.Zone).Format("2 January 2006, 15:04 MST"))
		}
	}
}

// classes of all rows, in the order in which they come.
func (b *builder) classes() []string {
	var names []string
	b.eachRow(func(_ *Organization, r *billing.Row) {
		for _, c := range r.Classes {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	})
	return names
}

func (b *builder) eachRow(f func(*Organization, *billing.Row)) {
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		if o.Bill == nil {
			continue
		}
		for j := range o.Bill.Rows {
			f(o, &o.Bill.Rows[j])
		}
	}
}

func (b *builder) charges() Section {
	classes := b.classes()
	columns := slices.Concat(organizationColumns, []Column{
		{Name: "client_id", Title: "Client ID"},
		{Name: "subdomain", Title: "Subdomain"}, {Name: "month", Title: "Calendar month"},
		{Name: "window_start", Title: "Window from", Type: Date}, {Name: "window_end", Title: "Window to (not in it)", Type: Date}, {Name: "plan", Title: "Plan type"},
	}, meterColumns, []Column{
		{Name: "committed", Title: "Committed", Type: Amount}, {Name: "registered", Title: "Registered", Type: Count},
	})
	for _, c := range classes {
		columns = append(columns, Column{Name: "active_" + c, Title: "Active, " + strings.ReplaceAll(c, "_", " "), Type: Count})
	}
	columns = append(columns, []Column{
		{Name: "active", Title: "Total active", Type: Amount}, {Name: "active_per_registered", Title: "Active / registered", Type: Share}, {Name: "active_per_committed", Title: "Active / committed", Type: Share},
		{Name: "active_last", Title: "Last window", Type: Amount}, {Name: "active_2_ago", Title: "2 windows ago", Type: Amount},
		{Name: "flex", Title: "Flex", Type: Amount}, {Name: "flex_charged", Title: "Flex charged", Type: Amount}, {Name: "windows_charged", Title: "Windows charged", Type: Count},
		{Name: "flex_price", Title: "Flex price", Type: Money},
		{Name: "subscription", Title: "Subscription", Type: Money}, {Name: "overage_charge", Title: "Overage charge", Type: Money}, {Name: "total", Title: "Total", Type: Money},
		{Name: "currency", Title: "Currency"}, {Name: "payment_status", Title: "Payment status"}, {Name: "statement_version", Title: "Statement version", Type: Count},
	}...)
	var rows [][]Cell
	b.eachRow(func(o *Organization, r *billing.Row) { rows = append(rows, b.charge(o, r, classes)) })
	return Section{
		Name: "charges", Title: "Charges", Columns: columns, Rows: Listed(rows), Totals: b.foot(columns),
		Note:  "A row a billing window that ends in the month; the month's subscription stands in the first row of an organization. Total active over registered may pass 100 %: anonymous users need not be registered.",
		Empty: "Nothing was charged: no billing window that ended in the month is closed, and no subscription was due.",
	}
}

func (b *builder) charge(o *Organization, r *billing.Row, classes []string) []Cell {
	digits, currency := o.Bill.Digits, o.Bill.Currency
	row := slices.Concat(organizationCells(o), []Cell{
		text(r.ClientID), text(r.Subdomain), text(b.in.Period.Name), date(dateIn(o, r.Period.Start)), date(dateIn(o, r.Period.End)), text(string(r.Plan)),
	})
	unit, isMeter := b.unit(o, r.Meter)
	if isMeter {
		row = append(row, b.meterCells(r.Meter)...)
		row = append(row, amount(r.Committed, unit))
	} else {
		row = append(row, Cell{}, text("Subscription"), Cell{})
	}
	if r.Registered >= 0 {
		row = append(row, count(r.Registered))
	} else {
		row = append(row, Cell{})
	}
	for _, name := range classes {
		i := slices.IndexFunc(r.Classes, func(c billing.Class) bool { return c.Name == name })
		if i < 0 {
			row = append(row, Cell{})
		} else {
			row = append(row, count(r.Classes[i].Users))
		}
	}
	if isMeter {
		row = append(row, amount(r.Active, unit), share(r.PerRegistered), share(r.PerCommitted), amountIf(r.LastMonth, unit), amountIf(r.TwoMonthsAgo, unit),
			amount(r.Flex, unit), amount(r.Charged, unit), count(int64(r.Windows)), Cell{Text: r.Price.String(), Unit: currency})
	} else {
		row = append(row, make([]Cell, 9)...)
	}
	row = append(row, money(r.Subscription, digits, currency), money(r.Amount, digits, currency), money(r.Total, digits, currency), text(currency), text(r.Payment))
	if r.Version > 0 {
		return append(row, count(int64(r.Version)))
	}
	return append(row, Cell{})
}

// unit is what amounts of a meter are of; not found: a row is of no meter.
func (b *builder) unit(o *Organization, meter string) (string, bool) {
	if meter == "" {
		return "", false
	}
	for i := range o.Meters {
		if m := &o.Meters[i]; m.Name == meter {
			return unitOf(m), true
		}
	}
	return "", true
}

// currencies of the report with what is charged in them, in the order in which
// they come.
type currencySum struct {
	name                               string
	digits                             int32
	organizations                      int
	subscription, overage, adjustments decimal.Decimal
}

func (s *currencySum) total() decimal.Decimal {
	return s.subscription.Add(s.overage).Add(s.adjustments)
}

func (b *builder) currencySums() []*currencySum {
	var sums []*currencySum
	for i := range b.in.Organizations {
		bill := b.in.Organizations[i].Bill
		if bill == nil || len(bill.Rows)+len(bill.Adjustments) == 0 {
			continue
		}
		at := slices.IndexFunc(sums, func(s *currencySum) bool { return s.name == bill.Currency })
		if at < 0 {
			sums, at = append(sums, &currencySum{name: bill.Currency, digits: bill.Digits}), len(sums)
		}
		s := sums[at]
		s.organizations++
		for j := range bill.Rows {
			s.subscription, s.overage = s.subscription.Add(bill.Rows[j].Subscription), s.overage.Add(bill.Rows[j].Amount)
		}
		for j := range bill.Adjustments {
			s.adjustments = s.adjustments.Add(bill.Adjustments[j].Amount)
		}
	}
	return sums
}

// foot is a row a currency below the charges, without adjustments, which are a
// table of their own.
func (b *builder) foot(columns []Column) [][]Cell {
	at := func(name string) int { return slices.IndexFunc(columns, func(c Column) bool { return c.Name == name }) }
	var rows [][]Cell
	for _, s := range b.currencySums() {
		row := make([]Cell, len(columns))
		row[at("name")], row[at("currency")] = text("Total "+s.name), text(s.name)
		row[at("subscription")] = money(s.subscription, s.digits, s.name)
		row[at("overage_charge")] = money(s.overage, s.digits, s.name)
		row[at("total")] = money(s.subscription.Add(s.overage), s.digits, s.name)
		rows = append(rows, row)
	}
	return rows
}

func (b *builder) adjustments() Section {
	var rows [][]Cell
	for i := range b.in.Organizations {
		o := &b.in.Organizations[i]
		if o.Bill == nil {
			continue
		}
		for j := range o.Bill.Adjustments {
			a := &o.Bill.Adjustments[j]
			unit, _ := b.unit(o, a.Meter)
			money := func(d decimal.Decimal) Cell { return money(d, o.Bill.Digits, o.Bill.Currency) }
			rows = append(rows, slices.Concat(organizationCells(o), b.meterCells(a.Meter), []Cell{
				date(dateIn(o, a.Period.Start)), date(dateIn(o, a.Period.End)), versionCell(a.From), versionCell(a.To),
				amount(a.Was.Flex, unit), amount(a.Is.Flex, unit), money(a.Was.Amount), money(a.Is.Amount), money(a.Amount), text(o.Bill.Currency),
			}))
		}
	}
	return Section{
		Name: "adjustments", Title: "Adjustments", Note: "What changed in windows that were billed before: the difference is charged, or given back, with this report.",
		Columns: slices.Concat(organizationColumns, meterColumns, []Column{
			{Name: "window_start", Title: "Window from", Type: Date}, {Name: "window_end", Title: "Window to (not in it)", Type: Date},
			{Name: "version_billed", Title: "Version billed", Type: Count}, {Name: "version_now", Title: "Version now", Type: Count},
			{Name: "flex_billed", Title: "Flex billed", Type: Amount}, {Name: "flex_now", Title: "Flex now", Type: Amount},
			{Name: "charge_billed", Title: "Charge billed", Type: Money}, {Name: "charge_now", Title: "Charge now", Type: Money}, {Name: "adjustment", Title: "Adjustment", Type: Money},
			{Name: "currency", Title: "Currency"},
		}),
		Rows: Listed(rows), Empty: "Nothing that was billed before has changed.",
	}
}

func versionCell(n uint32) Cell {
	if n == 0 {
		return Cell{}
	}
	return Cell{Text: strconv.FormatUint(uint64(n), 10)}
}

func (b *builder) sums() Section {
	var rows [][]Cell
	for _, s := range b.currencySums() {
		money := func(d decimal.Decimal) Cell { return money(d, s.digits, s.name) }
		rows = append(rows, []Cell{text(s.name), count(int64(s.organizations)), money(s.subscription), money(s.overage), money(s.adjustments), money(s.total())})
	}
	return Section{
		Name: "totals", Title: "Totals by currency",
		Columns: []Column{
			{Name: "currency", Title: "Currency"}, {Name: "organizations", Title: "Organizations", Type: Count}, {Name: "subscription", Title: "Subscription", Type: Money},
			{Name: "overage_charge", Title: "Overage charge", Type: Money}, {Name: "adjustments", Title: "Adjustments", Type: Money}, {Name: "total", Title: "Total", Type: Money},
		},
		Rows: Listed(rows), Empty: "Nothing was charged.",
	}
}
