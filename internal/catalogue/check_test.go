// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// acme is one organization in EUR, with more lines of its own.
func acme(lines ...string) string {
	return "organizations:\n- id: acme\n  currency: EUR\n  " + strings.Join(lines, "\n  ") + "\n"
}

// quota is one on calls, with a price and a plan.
func quota(text string) string {
	return acme("plan: {type: fair, term_start: 2026-01-01, term_months: 6}", "quotas:", "  calls: "+text)
}

const (
	atAcme  = "organizations.yaml:4: organizations[0]."
	atCalls = "organizations.yaml:6: organizations[0].quotas.calls"
)

func TestBadQuotasAreRefusedWithLineValueAndRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"{window: month}":                                            `.limit: missing; say how much may be used, 0 for nothing`,
		"{limit: -5, window: month}":                                 `.limit "-5": negative; use 0 or more`,
		"{limit: many, window: month}":                               `.limit "many": no decimal number; write it as 1234.5`,
		"{limit: 1e3, window: month}":                                `.limit "1e3": no decimal number; write it as 1234.5`,
		"{limit: .5, window: month}":                                 `.limit ".5": no decimal number; write it as 1234.5`,
		"{limit: 0.1234567, window: month}":                          `.limit "0.1234567": has more than 6 decimals; round it to 6`,
		"{limit: 1000000000000000000000000000001, window: month}":    `.limit "1000000000000000000000000000001": too large; use at most 1000000000000000000000000000000`,
		"{limit: 5, window: month, flex_price: 1000000000000000001}": `.flex_price "1000000000000000001": too large; use at most 1000000000000000000`,
		"{limit: 5, window: month, thresholds: [100000000000000]}":   `.thresholds[0] "100000000000000": no share of the limit that can be told of; use more than 0.02, as 0.9, and at most 10`,
		"{limit: 5}":                    `.window: missing; say over which window the limit holds, as month`,
		"{limit: 5, window: fortnight}": `.window: unknown window "fortnight": use one of hour, day, week, month, quarter, half, year, cycle, or a rolling one as 24h or 30d`,
		"{limit: 5, window: month, thresholds: [0.9, 0.5]}":  `.thresholds[1] "0.5": not above the one before it; list them in ascending order, each once`,
		"{limit: 5, window: month, thresholds: [0.9, 0.90]}": `.thresholds[1] "0.90": not above the one before it; list them in ascending order, each once`,
		"{limit: 5, window: month, thresholds: [0]}":         `.thresholds[0] "0": no share of the limit that can be told of; use more than 0.02, as 0.9, and at most 10`,
		"{limit: 5, window: month, thresholds: [0.02]}":      `.thresholds[0] "0.02": no share of the limit that can be told of; use more than 0.02, as 0.9, and at most 10`,
		"{limit: 5, window: month, thresholds: [90]}":        `.thresholds[0] "90": no share of the limit that can be told of; use more than 0.02, as 0.9, and at most 10`,
		"{limit: 5, window: month, thresholds: [90%]}":       `.thresholds[0] "90%": no decimal number; write it as 1234.5`,
		"{limit: 5, window: month, flex_price: cheap}":       `.flex_price "cheap": no decimal number; write it as 1234.5`,
		"{limit: 5, window: month, flex_price: -1}":          `.flex_price "-1": negative; use 0 or more`,
		"{limit: 5, window: 30d, flex_price: 1}":             `.flex_price 1: window 30d is not billed; use month, cycle, quarter, half or year, or remove the price`,
		"{limit: 5, window: week, flex_price: 1.50}":         `.flex_price 1.5: window week is not billed; use month, cycle, quarter, half or year, or remove the price`,
		"{limit: 5, window: year, flex_price: 1}":            `.window "year": a term of 6 months is no whole number of them; use a shorter window, or a term of a multiple of 12 months`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := Parse([]byte(quota(text)))
			require.EqualError(t, err, atCalls+want)
		})
	}
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("0.%d", 100+i)
	}
	_, err := Parse([]byte(quota("{limit: 5, window: month, thresholds: [" + strings.Join(many, ", ") + "]}")))
	require.EqualError(t, err, atCalls+".thresholds 21: too many; use at most 20")
}

func TestABilledQuotaNeedsAPlanAndACurrency(t *testing.T) {
	_, err := Parse([]byte(acme("quotas: {calls: {limit: 5, window: month, flex_price: 1}}")))
	require.EqualError(t, err, atAcme+"quotas.calls.flex_price 1: a price without a plan; set organizations[0].plan.type to traditional or fair")

	const noCurrency = `"1": a price of no currency; set organizations[0].currency, as EUR`
	_, err = Parse([]byte("organizations:\n- id: acme\n  plan: {type: traditional, subscription: 1}\n  quotas: {calls: {limit: 5, window: month, flex_price: 1}}\n"))
	require.EqualError(t, err, "organizations.yaml:3: organizations[0].plan.subscription "+noCurrency+
		"\norganizations.yaml:4: organizations[0].quotas.calls.flex_price "+noCurrency)
}

func TestBadPlansAreRefusedWithLineValueAndRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"plan: {type: gold}":                                `plan.type "gold": unknown plan; use traditional or fair`,
		"plan: {term_start: 15.01.2026}":                    `plan.term_start "15.01.2026": no date; write it as 2026-01-31`,
		"plan: {term_start: 2026-02-30}":                    `plan.term_start "2026-02-30": no date; write it as 2026-01-31`,
		"plan: {term_months: 0}":                            `plan.term_months 0: no length of a term; use 1 to 1200`,
		"plan: {term_months: -12}":                          `plan.term_months -12: no length of a term; use 1 to 1200`,
		"plan: {type: fair, term_months: 12}":               `plan.term_start: missing; a fair plan prorates over its term: name the day that the first began on, as 2026-01-01`,
		"plan: {type: fair, term_start: 2026-01-01}":        `plan.term_months: missing; a fair plan prorates over its term: name its length, as 12`,
		"plan: {subscription: free}":                        `plan.subscription "free": no decimal number; write it as 1234.5`,
		"plan: {subscription: -0.01}":                       `plan.subscription "-0.01": negative; use 0 or more`,
		"plan: {payments: {October: paid}}":                 `plan.payments.October: no month; write it as 2026-10`,
		"plan: {payments: {2026-13: paid}}":                 `plan.payments.2026-13: no month; write it as 2026-10`,
		"plan: {payments: {2026-10: }}":                     `plan.payments.2026-10: missing; say what became of the payment, as paid`,
		"notify: {email: [ops]}":                            `notify.email[0] "ops": no e-mail address; write one as ops@acme.example`,
		"notify: {email: [a@b.example, Ops <o@b.example>]}": `notify.email[1] "Ops <o@b.example>": no e-mail address; write one as ops@acme.example`,
		"notify: {webhook: [acme.example/hook]}":            `notify.webhook[0] "acme.example/hook": no URL of a webhook; write one as https://acme.example/hook`,
		"notify: {webhook: ['ftp://acme.example']}":         `notify.webhook[0] "ftp://acme.example": no URL of a webhook; write one as https://acme.example/hook`,
		"notify: {webhook: ['https://']}":                   `notify.webhook[0] "https://": no URL of a webhook; write one as https://acme.example/hook`,
		"notify: {sms: ['0151 12345678']}":                  `notify.sms[0] "0151 12345678": no phone number; write it with country code, as +4915112345678`,
		"csm: ['']":                                         `csm[0] "": nobody; remove it`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := Parse([]byte(acme(text)))
			require.EqualError(t, err, atAcme+want)
		})
	}
	for _, code := range []string{"eur", "EURO", "XXX", "DEM", "XAU"} {
		_, err := Parse([]byte("organizations: [{id: acme, currency: " + code + "}]"))
		require.EqualError(t, err, fmt.Sprintf("organizations.yaml:1: organizations[0].currency %q: no currency in use; use a code of ISO 4217 such as EUR", code))
	}
}

func TestBadPrincipalsAreRefusedWithLineValueAndRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"{value: x, role: csm}":                                              `.claim: missing; name the claim of the authenticated client, as email, group or sub`,
		"{claim: sub, role: csm}":                                            `.value: missing; name the value that the claim must have`,
		"{claim: sub, value: x}":                                             `.role: missing; use admin, csm, delegate or viewer`,
		"{claim: sub, value: x, role: owner}":                                `.role "owner": unknown role; use admin, csm, delegate or viewer`,
		"{claim: sub, value: x, role: viewer}":                               `.organizations: missing; list the ids that it is viewer of, or ["*"] for all; or list resellers`,
		"{claim: sub, value: x, role: admin, resellers: []}":                 `.organizations: missing; list the ids that it is admin of, or ["*"] for all; or list resellers`,
		"{claim: sub, value: x, role: csm, organizations: [acme]}":           `.organizations [acme]: a csm reads the organizations that list "x" in csm; remove the key, or use role viewer`,
		"{claim: sub, value: x, role: csm, resellers: [north]}":              `.resellers [north]: a csm reads the organizations that list "x" in csm; remove the key, or use role viewer`,
		"{claim: sub, value: x, role: csm, claims: [email]}":                 `.claims [email]: only a delegate names people by claims; remove the key, or use role delegate`,
		"{claim: sub, value: x, role: delegate, claims: ['']}":               `.claims[0] "": no claim; use one by which principals are listed, as email`,
		"{claim: sub, value: x, role: delegate, organizations: ['*']}":       `.organizations [*]: a delegate reads what the person may read that it names; remove the key, or use role viewer`,
		"{claim: sub, value: x, role: viewer, organizations: ['', b]}":       `.organizations[0] "": no organization; use an id, or "*" for all`,
		"{claim: sub, value: x, role: viewer, organizations: [b, __none__]}": `.organizations[1] "__none__": items that name no organization are seen by those who see all; remove it, or use "*"`,
		"{claim: sub, value: x, role: viewer, resellers: [north, '']}":       `.resellers[1] "": no reseller; use what organizations have in reseller`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := Parse([]byte("principals:\n- " + text + "\n"))
			require.EqualError(t, err, "organizations.yaml:2: principals[0]"+want)
		})
	}
}

// kept are meters with the windows that they keep.
func kept(t *testing.T) []usage.Meter {
	t.Helper()
	return []usage.Meter{
		{Name: "api_calls", Type: usage.Consumption, Windows: []usage.Window{window(t, "day"), window(t, "month")}},
		{Name: "operators", Type: usage.ConcurrentUsers, Windows: []usage.Window{window(t, "month"), window(t, "182d")}},
		{Name: "learners", Type: usage.ActiveUsers, Windows: []usage.Window{window(t, "30d")}},
	}
}

func TestMetersThatWereBoughtAreHeldAgainstTheConfiguration(t *testing.T) {
	c, err := ParseAs(FileName, []byte(acme("meters: [learners, api_calls]")), kept(t))
	require.NoError(t, err)
	require.Equal(t, []string{"learners", "api_calls"}, c.Organizations[0].Meters)
	_, err = ParseAs(FileName, []byte(acme("meters: [learners, opertors]")), kept(t))
	require.ErrorContains(t, err, ".meters[1]: unknown meter; do you mean operators? use one of api_calls, operators, learners")
}

func TestAQuotaIsHeldAgainstTheMetersOfTheConfiguration(t *testing.T) {
	const good = "quotas: {api_calls: {limit: 5, window: day}, operators: {limit: 5, window: 182d}, learners: {limit: 5, window: 30d}}"
	_, err := ParseAs(FileName, []byte(acme(good)), kept(t))
	require.NoError(t, err)

	for text, want := range map[string]string{
		"opertors: {limit: 5, window: month}": ".opertors: unknown meter; do you mean operators? use one of api_calls, operators, learners",
		"storage: {limit: 5, window: month}":  ".storage: unknown meter; use one of api_calls, operators, learners",
		"api_calls: {limit: 5, window: year}": `.api_calls.window "year": the meter does not keep this window; use one of day, month, or add it to meters::api_calls::windows`,
		"operators: {limit: 5, window: half}": `.operators.window "half": the meter does not keep this window; use one of month, 182d, or add it to meters::operators::windows`,
		"learners: {limit: 5, window: month}": `.learners.window "month": the meter does not keep this window; use one of 30d, or add it to meters::learners::windows`,
		"learners: {limit: 5, window: 720h}":  `.learners.window "720h": the meter does not keep this window; use one of 30d, or add it to meters::learners::windows`,
	} {
		t.Run(text, func(t *testing.T) {
			data := []byte(acme("quotas:", "  "+text))
			_, err := ParseAs(FileName, data, kept(t))
			require.EqualError(t, err, "organizations.yaml:5: organizations[0].quotas"+want)
			_, err = Parse(data)
			require.NoError(t, err, "without meters nothing is held against them")
		})
	}
}

func TestALineIsFoundBehindAMerge(t *testing.T) {
	_, err := Parse([]byte("organizations:\n- &a\n  id: a\n  quotas:\n    calls: {limit: 1, window: month}\n    other:\n      limit: -1\n      window: month\n- {id: b, <<: *a}\n"))
	require.EqualError(t, err, `organizations.yaml:7: organizations[0].quotas.other.limit "-1": negative; use 0 or more`+
		"\n"+`organizations.yaml:7: organizations[1].quotas.other.limit "-1": negative; use 0 or more`)
}

func TestAThousandErrorsAreNotAllTold(t *testing.T) {
	text := "organizations:\n"
	var rest strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rest, "- {id: o%d, anchor_day: 40}\n", i)
	}
	text += rest.String()
	_, err := Parse([]byte(text))
	require.ErrorContains(t, err, "organizations.yaml: and 900 more errors")
	require.Len(t, strings.Split(err.Error(), "\n"), maxErrors+1)
}

func TestCurrenciesHaveTheMinorUnitsOfTheStandard(t *testing.T) {
	require.IsIncreasing(t, currencies)
	for code, want := range map[string]int32{"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "COP": 2, "ISK": 0, "MRU": 2, "UYW": 4} {
		c, known := currencyOf(code)
		require.True(t, known, code)
		require.Equal(t, Currency{code, want}, c)
	}
	for code := range digits {
		require.Contains(t, currencies, code)
	}
}

func TestAnAccountHasTheTerms(t *testing.T) {
	c, err := Parse([]byte(everything))
	require.NoError(t, err)
	o, _ := c.Lookup("acme")
	a := o.Account()
	require.Equal(t, "Europe/Berlin", a.Calendar.Zone().String())
	require.Equal(t, 15, a.Calendar.Anchor())
	a.Calendar = nil
	require.Equal(t, &billing.Account{
		Organization: "acme", ClientID: "1042", Subdomain: "acme", Currency: "EUR", Digits: 2,
		Plan: billing.Traditional, TermStart: o.Plan.TermStart, TermMonths: 12,
		Subscription: price("500.00"), Payments: o.Plan.Payments,
	}, a)
}
