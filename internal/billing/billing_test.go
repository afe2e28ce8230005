// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// utc is the calendar of an account in UTC with cycles from the 1st on.
var utc = calendar.New(time.UTC, 1)

func month(t *testing.T, s string) Month {
	t.Helper()
	m, err := ParseMonth(s)
	require.NoError(t, err)
	return m
}

func money(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// millionths of a decimal number.
func millionths(s string) wide.Int {
	n, _ := wide.FromBig(money(s).Shift(6).BigInt())
	return n
}

func units(n int64) wide.Int { return wide.Product(n, usage.Micro) }

// account is one with a quota of 100 users at 3.50 EUR a month, for a year.
func account(plan Plan) *Account {
	return &Account{
		Organization: "acme", ClientID: "1042", Subdomain: "acme", Currency: "EUR", Digits: 2, Calendar: utc,
		Plan: plan, TermStart: usage.Date{Year: 2026, Month: time.January, Day: 1}, TermMonths: 12,
		Quotas:    []Quota{{Meter: "users", Window: usage.Month}},
		Delivered: map[Month]time.Time{},
	}
}

// closed is when a month's statement has its first version, and delivered when
// its report is, three days and four after its end.
func closed(m Month) time.Time { return time.Date(m.Year, m.Month+1, 4, 0, 0, 0, 0, time.UTC) }

func delivered(m Month) time.Time { return closed(m).AddDate(0, 0, 1) }

// users appends a month with so many users against 100.
func (a *Account) users(t *testing.T, name string, n int64) *Window {
	t.Helper()
	m := month(t, name)
	q := &a.Quotas[0]
	q.Windows = append(q.Windows, Window{Period: a.period(m), Limit: units(100), Price: money("3.50")})
	w := &q.Windows[len(q.Windows)-1]
	w.revise(closed(m), n)
	return w
}

// revise appends a version.
func (w *Window) revise(made time.Time, n int64) {
	w.Versions = append(w.Versions, Version{
		Number: uint32(len(w.Versions) + 1), Made: made, Used: units(n),
		Figures: Figures{Registered: 2 * n, Active: units(n + 5)},
	})
}

// deliver makes the report of a month and notes that it was delivered.
func (a *Account) deliver(t *testing.T, name string) Report {
	t.Helper()
	m := month(t, name)
	r, err := a.Report(m, delivered(m))
	require.NoError(t, err)
	a.Delivered[m] = delivered(m)
	again, err := a.Report(m, delivered(m).AddDate(1, 0, 0))
	require.NoError(t, err)
	require.Equal(t, r, again, "a delivered report stays")
	return r
}

// amounts are the overage charges of a report, and its adjustments.
func amounts(a *Account, r Report) (rows, adjustments []string) {
	for _, row := range r.Rows {
		rows = append(rows, row.Amount.StringFixed(a.Digits))
	}
	for _, l := range r.Adjustments {
		adjustments = append(adjustments, l.Period.Start.Format("2006-01")+" "+l.Amount.StringFixed(a.Digits))
	}
	return rows, adjustments
}

func TestPlansOfTheVector(t *testing.T) {
	var v struct {
		Committed         int64
		FlexPrice         string `json:"flex_price"`
		TermStart         string `json:"term_start"`
		TermMonths        int    `json:"term_months"`
		Months            []string
		Active            []int64
		Traditional, Fair []string
	}
	data, err := os.ReadFile(filepath.Join("..", "..", "test", "sim", "testdata", "vectors", "s3-plans.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &v))
	require.NotEmpty(t, v.Months)
	for plan, want := range map[Plan][]string{Traditional: v.Traditional, Fair: v.Fair} {
		a := account(plan)
		a.TermMonths = v.TermMonths
		a.TermStart, err = usage.ParseDate(v.TermStart)
		require.NoError(t, err)
		for i, name := range v.Months {
			w := a.users(t, name, v.Active[i])
			w.Limit, w.Price = units(v.Committed), money(v.FlexPrice)
		}
		for i, name := range v.Months {
			rows, adjustments := amounts(a, a.deliver(t, name))
			require.Equal(t, want[i:i+1], rows, "%s %s", plan, name)
			require.Empty(t, adjustments)
		}
	}
}

func TestATermRenewsAndItsMarkBeginsAnew(t *testing.T) {
	a := account(Fair)
	a.users(t, "2026-11", 110)
	a.users(t, "2026-12", 112)
	a.users(t, "2027-01", 110)
	a.users(t, "2027-02", 110)
	for name, want := range map[string]string{"2026-11": "70.00", "2026-12": "7.00", "2027-01": "420.00", "2027-02": "0.00"} {
		rows, _ := amounts(a, a.deliver(t, name))
		require.Equal(t, []string{want}, rows, name)
	}
}

func TestTheFirstWindowIsTheOneThatContainsTheStartOfTheTerm(t *testing.T) {
	for _, plan := range []Plan{Traditional, Fair} {
		a := account(plan)
		a.TermStart = usage.Date{Year: 2026, Month: time.February, Day: 27}
		a.users(t, "2026-01", 110)
		a.users(t, "2026-02", 110)
		rows, _ := amounts(a, a.deliver(t, "2026-01"))
		require.Equal(t, []string{"0.00"}, rows, "before the first term nothing is charged")
		r := a.deliver(t, "2026-02")
		require.Equal(t, map[Plan]int{Traditional: 1, Fair: 12}[plan], r.Rows[0].Windows)
	}
}

func TestWindowsAreOfAMonthOrLonger(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for kind, want := range map[usage.Kind]struct{ month, amount string }{
		usage.Cycle:   {"2026-04", "420.00"}, // 12 of 12 windows from 15 March on
		usage.Quarter: {"2026-03", "140.00"}, // 4 of 4
		usage.Half:    {"2026-06", "70.00"},
		usage.Year:    {"2026-12", "35.00"},
	} {
		a := account(Fair)
		a.Calendar = calendar.New(berlin, 15)
		a.TermStart = usage.Date{Year: 2026, Month: time.March, Day: 20}
		p := a.Calendar.Period(kind, a.Calendar.StartOf(a.TermStart))
		a.Quotas = []Quota{{Meter: "users", Window: kind, Windows: []Window{{Period: p, Limit: units(100), Price: money("3.5")}}}}
		a.Quotas[0].Windows[0].revise(p.End, 110)
		r, err := a.Report(month(t, want.month), p.End)
		require.NoError(t, err)
		rows, _ := amounts(a, r)
		require.Equal(t, []string{want.amount}, rows, kind.String())
		for _, other := range []int{-1, 1} {
			m := month(t, want.month)
			at := time.Date(m.Year, m.Month+time.Month(other), 1, 0, 0, 0, 0, time.UTC)
			r, err := a.Report(Month{at.Year(), at.Month()}, p.End)
			require.NoError(t, err)
			require.Empty(t, r.Rows, "it is billed in the month that it ends in")
		}
	}
}

func TestACycleThatEndsWithAMonthIsBilledInIt(t *testing.T) {
	a := account(Traditional)
	a.Quotas[0].Window = usage.Cycle
	a.users(t, "2026-01", 110)
	rows, _ := amounts(a, a.deliver(t, "2026-01"))
	require.Equal(t, []string{"35.00"}, rows)
}

func TestALateChangeIsAnAdjustmentOfTheNextReportAndOfThatAlone(t *testing.T) {
	a := account(Traditional)
	a.users(t, "2026-01", 110)
	a.users(t, "2026-02", 100)
	a.users(t, "2026-03", 100)
	rows, adjustments := amounts(a, a.deliver(t, "2026-01"))
	require.Equal(t, []string{"35.00"}, rows)
	require.Empty(t, adjustments)

	a.Quotas[0].Windows[0].revise(delivered(month(t, "2026-01")).Add(time.Hour), 107)
	rows, _ = amounts(a, a.deliver(t, "2026-01"))
	require.Equal(t, []string{"35.00"}, rows, "as billed")
	r := a.deliver(t, "2026-02")
	rows, adjustments = amounts(a, r)
	require.Equal(t, []string{"0.00"}, rows)
	require.Equal(t, []string{"2026-01 -10.50"}, adjustments)
	require.EqualValues(t, 1, r.Adjustments[0].From)
	require.EqualValues(t, 2, r.Adjustments[0].To)
	require.Equal(t, "-10.5", r.Total.String())

	_, adjustments = amounts(a, a.deliver(t, "2026-03"))
	require.Empty(t, adjustments)
}

// The mark is that of the current versions: 10 users were charged in January
// for the whole year; that there were 4 makes February's 7 count.
func TestAChangeMovesTheMarkOfLaterWindows(t *testing.T) {
	a := account(Fair)
	a.users(t, "2026-01", 110)
	a.users(t, "2026-02", 107)
	a.users(t, "2026-03", 100)
	a.deliver(t, "2026-01")
	rows, _ := amounts(a, a.deliver(t, "2026-02"))
	require.Equal(t, []string{"0.00"}, rows)

	a.Quotas[0].Windows[0].revise(delivered(month(t, "2026-02")).Add(time.Hour), 104)
	r := a.deliver(t, "2026-03")
	_, adjustments := amounts(a, r)
	require.Equal(t, []string{
		"2026-01 -252.00", // (4 - 10) x 3.50 x 12
		"2026-02 115.50",  // (7 - 4) x 3.50 x 11
	}, adjustments)
	require.Equal(t, r.Adjustments[1].From, r.Adjustments[1].To, "February's own statement is the same")
}

func TestAWindowThatClosesAfterItsReportIsAdjustedAsAWhole(t *testing.T) {
	a := account(Traditional)
	a.users(t, "2026-01", 110).Versions[0].Made = delivered(month(t, "2026-01")).Add(time.Hour)
	a.users(t, "2026-02", 100)
	require.Empty(t, a.deliver(t, "2026-01").Rows)
	_, adjustments := amounts(a, a.deliver(t, "2026-02"))
	require.Equal(t, []string{"2026-01 35.00"}, adjustments)
}

func TestEachLineIsRoundedHalfEvenToTheMinorUnit(t *testing.T) {
	for _, test := range []struct {
		digits      int32
		used, price string
		want        string
	}{
		{2, "100.5", "0.01", "0.00"}, // 0.005: down to even
		{2, "101.5", "0.01", "0.02"}, // 0.015: up to even
		{2, "100.500001", "0.01", "0.01"},
		{2, "102.5", "0.01", "0.02"},
		{0, "100.5", "1", "0"},
		{0, "101.5", "1", "2"},
		{3, "100.5", "0.001", "0.000"},
		{3, "101.5", "0.001", "0.002"},
	} {
		a := account(Traditional)
		a.Digits = test.digits
		w := a.users(t, "2026-01", 0)
		w.Price, w.Versions[0].Used = money(test.price), millionths(test.used)
		a.Subscription = decimal.NewNullDecimal(money("0.0005"))
		r := a.deliver(t, "2026-01")
		rows, _ := amounts(a, r)
		require.Equal(t, []string{test.want}, rows, test)
		require.True(t, r.Rows[0].Subscription.IsZero())
	}
}

func TestAProductOfLargeNumbersIsExact(t *testing.T) {
	a := account(Fair)
	w := a.users(t, "2026-01", 0)
	w.Price, w.Versions[0].Used = money("123456789.123456789012"), millionths("9000000000000000000.000001")
	rows, _ := amounts(a, a.deliver(t, "2026-01"))
	// (9000000000000000000.000001 - 100) x 123456789.123456789012 x 12 by Python's decimal
	require.Equal(t, []string{"13333333225333333065147854533.33"}, rows)
}

func TestTheSubscriptionIsOncePerCalendarMonth(t *testing.T) {
	a := account(Traditional)
	a.TermStart = usage.Date{Year: 2026, Month: time.January, Day: 15}
	a.Subscription = decimal.NewNullDecimal(money("500.00"))
	a.users(t, "2026-01", 110)
	a.users(t, "2026-02", 100)
	a.Quotas = append(a.Quotas, Quota{Meter: "minutes", Window: usage.Month, Windows: a.Quotas[0].Windows[:1]})
	r := a.deliver(t, "2026-01")
	require.Len(t, r.Rows, 2)
	require.Equal(t, "535", r.Rows[0].Total.String())
	require.Equal(t, "35", r.Rows[1].Total.String())
	require.Equal(t, "570", r.Total.String())

	require.Equal(t, "500", a.deliver(t, "2026-02").Total.String())
	r = a.deliver(t, "2026-03")
	require.Len(t, r.Rows, 1, "a row of its own where no window ends")
	require.Empty(t, r.Rows[0].Meter)
	require.Equal(t, a.period(month(t, "2026-03")), r.Rows[0].Period)
	require.Equal(t, "500", r.Total.String())

	require.Empty(t, a.deliver(t, "2025-12").Rows, "before the term there is none")
}

func TestARowHasAllColumns(t *testing.T) {
	a := account(Fair)
	a.Payments = map[Month]string{month(t, "2026-03"): "paid"}
	a.users(t, "2026-01", 80)
	a.users(t, "2026-02", 90)
	w := a.users(t, "2026-03", 110)
	w.Versions[0].Classes = []Class{{"onboarded", true, 60}, {"anonymous", true, 50}, {"email", false, 5}}
	rows := a.deliver(t, "2026-01").Rows
	require.Nil(t, rows[0].LastMonth)
	require.Equal(t, Open, rows[0].Payment)
	a.deliver(t, "2026-02")

	ago, last := units(85), units(95)
	require.Equal(t, []Row{{
		Organization: "acme", ClientID: "1042", Subdomain: "acme", Plan: Fair,
		Meter: "users", Period: w.Period, Version: 1, Committed: units(100),
		Figures:       w.Versions[0].Figures,
		PerRegistered: decimal.NewNullDecimal(money("0.5227")), PerCommitted: decimal.NewNullDecimal(money("1.15")),
		LastMonth: &last, TwoMonthsAgo: &ago,
		Charge:  Charge{Flex: units(10), Charged: units(10), Windows: 10, Price: w.Price, Amount: money("350.00")},
		Total:   money("350.00"),
		Payment: "paid",
	}}, normal(a.deliver(t, "2026-03").Rows))
}

// normal writes equal amounts in one way.
func normal(rows []Row) []Row {
	for i := range rows {
		r := &rows[i]
		for _, d := range []*decimal.Decimal{&r.Amount, &r.Total, &r.PerRegistered.Decimal, &r.PerCommitted.Decimal} {
			*d = money(d.String())
		}
		r.Amount, r.Total = money(r.Amount.StringFixed(2)), money(r.Total.StringFixed(2))
	}
	return rows
}

// The report that docs/billing.md works out by hand.
func TestTheReportOfThePage(t *testing.T) {
	a := account(Traditional)
	a.Calendar = calendar.New(time.UTC, 15)
	a.Subscription = decimal.NewNullDecimal(money("500.00"))
	a.users(t, "2026-10", 102)
	users := a.Quotas[0]
	end := time.Date(2026, time.October, 15, 0, 0, 0, 0, time.UTC)
	minutes := Quota{Meter: "minutes", Window: usage.Cycle, Windows: []Window{{
		Period: a.Calendar.Period(usage.Cycle, end.Add(-1)), Limit: units(10_000), Price: money("0.08"),
		Versions: []Version{{Number: 1, Made: end.AddDate(0, 0, 3), Used: millionths("10250.5")}},
	}}}
	a.Quotas = []Quota{minutes, users}
	r := a.deliver(t, "2026-10")
	require.Equal(t, "520.04", r.Rows[0].Total.StringFixed(2))
	require.Equal(t, "20.04", r.Rows[0].Amount.StringFixed(2))
	require.Equal(t, "7.00", r.Rows[1].Total.StringFixed(2))
	require.Equal(t, "527.04", r.Total.StringFixed(2))
}

func TestAnUnlimitedShareIsNone(t *testing.T) {
	a := account(Traditional)
	w := a.users(t, "2026-01", 3)
	w.Limit, w.Versions[0].Registered = units(0), -1
	row := a.deliver(t, "2026-01").Rows[0]
	require.False(t, row.PerCommitted.Valid)
	require.False(t, row.PerRegistered.Valid)
	require.Equal(t, "10.5", row.Total.String(), "a limit of 0 allows none")
}

func TestTermsThatCannotBeBilledAreRefused(t *testing.T) {
	const prorates = "billing of acme: a fair plan prorates over its term: give it a start and a length"
	for _, test := range []struct {
		change func(*Account)
		want   string
	}{
		{func(a *Account) { a.TermMonths = 0 }, prorates},
		{func(a *Account) { a.TermStart = usage.Date{} }, prorates},
		{
			func(a *Account) { a.Quotas[0].Window = usage.Week },
			"billing of acme: quota on users: window week is not billed: use month, cycle, quarter, half or year",
		},
		{
			func(a *Account) { a.Quotas[0].Window, a.TermMonths = usage.Quarter, 4 },
			"billing of acme: quota on users: a term of 4 months is no whole number of windows quarter: use a multiple of 3 months",
		},
	} {
		a := account(Fair)
		test.change(a)
		_, err := a.Report(month(t, "2026-01"), time.Time{})
		require.EqualError(t, err, test.want)
	}
}
