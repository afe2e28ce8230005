// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// billed is an organization whose terms are those of the example of
// docs/billing.md, at an instant.
func billed(t *testing.T, delivered map[billing.Month]time.Time, now time.Time) Bill {
	t.Helper()
	zone := time.UTC
	at := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, zone) }
	people := func(used int64) billing.Figures {
		return billing.Figures{Registered: 200, Active: n(float64(used + 5)), Classes: []billing.Class{{Name: "onboarded", Billable: true, Users: used}, {Name: "email", Users: 5}}}
	}
	account := billing.Account{
		Organization: "acme", ClientID: "1042", Subdomain: "acme-eu", Currency: "EUR", Digits: 2, Calendar: calendar.New(zone, 15),
		Plan: billing.Traditional, TermStart: usage.Date{Year: 2026, Month: 1, Day: 15}, TermMonths: 12,
		Subscription: decimal.NewNullDecimal(decimal.New(500, 0)), Payments: map[billing.Month]string{{Year: 2026, Month: 10}: "paid"},
		Quotas: []billing.Quota{
			{Meter: "minutes", Window: usage.Cycle, Windows: []billing.Window{
				{Period: calendar.Period{Start: at(8, 15), End: at(9, 15)}, Limit: n(10000), Price: decimal.New(8, -2), Versions: []billing.Version{
					{Number: 1, Made: at(9, 18), Used: n(10100), Figures: billing.Figures{Registered: -1, Active: n(10100)}},
					{Number: 2, Made: at(10, 20), Used: n(10050), Figures: billing.Figures{Registered: -1, Active: n(10050)}},
				}},
				{Period: calendar.Period{Start: at(9, 15), End: at(10, 15)}, Limit: n(10000), Price: decimal.New(8, -2), Versions: []billing.Version{
					{Number: 1, Made: at(10, 18), Used: n(10250.5), Figures: billing.Figures{Registered: -1, Active: n(10250.5)}},
				}},
			}},
			{Meter: "people", Window: usage.Month, Windows: []billing.Window{
				{Period: calendar.Period{Start: at(10, 1), End: at(11, 1)}, Limit: n(100), Price: decimal.New(35, -1), Versions: []billing.Version{{Number: 1, Made: at(11, 4), Used: n(102), Figures: people(102)}}},
			}},
		},
		Delivered: delivered,
	}
	month := billing.Month{Year: 2026, Month: 10}
	r, err := account.Report(month, now)
	require.NoError(t, err)
	return Bill{Report: r, Currency: "EUR", Digits: 2, Delivered: delivered[month]}
}

func TestTheBillHasEveryColumn(t *testing.T) {
	in := october(t, Billing)
	in.Issuer = "Vendor Ltd"
	september := map[billing.Month]time.Time{{Year: 2026, Month: 9}: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)}
	in.Organizations[0].Bill = new(billed(t, september, made))
	r := Build(in)
	require.Equal(t, rows{
		{
			"client_id": "1042", "organization": "acme", "name": "Acme", "subdomain": "acme-eu", "month": "2026-10", "window_start": "2026-09-15", "window_end": "2026-10-15", "plan": "traditional",
			"meter": "minutes", "meter_title": "Minutes of audio", "committed": "10000", "active": "10250.5", "active_per_committed": "1.0251", "active_last": "10050",
			"flex": "250.5", "flex_charged": "250.5", "windows_charged": "1", "flex_price": "0.08", "subscription": "500.00", "overage_charge": "20.04", "total": "520.04",
			"currency": "EUR", "payment_status": "open", "statement_version": "1",
		},
		{
			"client_id": "1042", "organization": "acme", "name": "Acme", "subdomain": "acme-eu", "month": "2026-10", "window_start": "2026-10-01", "window_end": "2026-11-01", "plan": "traditional",
			"meter": "people", "meter_title": "People", "committed": "100", "registered": "200", "active_onboarded": "102", "active_email": "5", "active": "107", "active_per_registered": "0.5350", "active_per_committed": "1.0700",
			"flex": "2", "flex_charged": "2", "windows_charged": "1", "flex_price": "3.5", "subscription": "0.00", "overage_charge": "7.00", "total": "7.00",
			"currency": "EUR", "payment_status": "paid", "statement_version": "1",
		},
	}, table(t, r, ""))
	require.Equal(t, rows{{
		"organization": "acme", "name": "Acme", "meter": "minutes", "meter_title": "Minutes of audio", "window_start": "2026-08-15", "window_end": "2026-09-15", "version_billed": "1", "version_now": "2",
		"flex_billed": "100", "flex_now": "50", "charge_billed": "8.00", "charge_now": "4.00", "adjustment": "-4.00", "currency": "EUR",
	}}, table(t, r, "adjustments"))
	require.Equal(t, rows{{"currency": "EUR", "organizations": "1", "subscription": "500.00", "overage_charge": "27.04", "adjustments": "-4.00", "total": "523.04"}}, table(t, r, "totals"))
	require.Empty(t, r.Notes)

	october := map[billing.Month]time.Time{{Year: 2026, Month: 10}: made}
	in.Organizations[0].Bill = new(billed(t, october, made.AddDate(0, 1, 0)))
	require.Equal(t, []string{"Acme was billed on 4 November 2026, 09:30 CET: the charges are what was known then."}, Build(in).Notes)
}

func TestFocusHasARowAChargeAndCorrections(t *testing.T) {
	in := october(t, Billing)
	in.Issuer = "Vendor Ltd"
	in.Organizations[0].Bill = new(billed(t, map[billing.Month]time.Time{{Year: 2026, Month: 9}: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)}, made))
	all := table(t, Focus(in), "")
	require.Len(t, all, 4)
	require.Equal(t, map[string]string{
		"BilledCost": "500.00", "BillingAccountId": "1042", "BillingAccountName": "Acme", "BillingCurrency": "EUR", "BillingPeriodStart": "2026-09-30T22:00:00Z", "BillingPeriodEnd": "2026-10-31T23:00:00Z",
		"ChargeCategory": "Purchase", "ChargeDescription": "Subscription", "ChargeFrequency": "Recurring", "ChargePeriodStart": "2026-09-30T22:00:00Z", "ChargePeriodEnd": "2026-10-31T23:00:00Z",
		"ContractedCost": "500.00", "ContractedUnitPrice": "500", "EffectiveCost": "500.00", "InvoiceIssuerName": "Vendor Ltd", "ListCost": "500.00", "ListUnitPrice": "500",
		"PricingCategory": "Standard", "PricingQuantity": "1", "PricingUnit": "Months", "ProviderName": "Vendor Ltd", "PublisherName": "Vendor Ltd",
		"ServiceCategory": "Business Applications", "ServiceName": "Subscription", "SkuId": "subscription", "SkuPriceId": "subscription", "SubAccountId": "acme", "SubAccountName": "Acme",
	}, all[0])
	var said []string
	for _, r := range all {
		said = append(said, r["ChargeCategory"]+" "+r["ChargeClass"]+" "+r["SkuId"]+" "+r["BilledCost"]+" = "+r["PricingQuantity"]+" x "+r["ListUnitPrice"]+", of "+r["ConsumedQuantity"]+" "+r["ConsumedUnit"])
	}
	require.Equal(t, []string{
		"Purchase  subscription 500.00 = 1 x 500, of  ",
		"Usage  minutes 20.04 = 250.5 x 0.08, of 10250.5 min",
		"Usage  people 7.00 = 2 x 3.5, of 102 users",
		"Usage Correction minutes -4.00 = -50 x 0.08, of  ",
	}, said)
}

func TestASubscriptionAloneIsARow(t *testing.T) {
	in := october(t, Billing)
	bill := billed(t, nil, time.Date(2026, 10, 10, 0, 0, 0, 0, time.UTC)) // nothing is closed
	in.Organizations[0].Bill = &bill
	charges := table(t, Build(in), "")
	require.Len(t, charges, 1)
	require.Equal(t, "Subscription 500.00 500.00", charges[0]["meter_title"]+" "+charges[0]["subscription"]+" "+charges[0]["total"])
}
