// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// everything has every key that a catalogue may have.
const everything = `
organizations:
  - id: acme
    name: Acme GmbH
    reseller: north            # optional grouping
    csm: [jane@example.com]
    client_id: "1042"
    subdomain: acme
    notify: {email: [ops@acme.example], webhook: [], sms: []}
    timezone: Europe/Berlin
    anchor_day: 15
    currency: EUR
    plan: {type: traditional, term_start: 2026-01-15, term_months: 12, subscription: "500.00", payments: {2026-10: paid}}
    quotas:
      transcription_minutes: {limit: 10000, window: cycle, flex_price: "0.08"}
      workspace_users: {limit: 2000, window: month, flex_price: "3.50", thresholds: [0.25, 1.0, 1.25]}
      operators: {limit: 0.5, window: month, thresholds: []}
  - id: globex
principals:
  - {claim: email, value: jane@example.com, role: csm}
  - {claim: group, value: finance, role: viewer, organizations: ["*"]}
  - {claim: sub, value: acme-portal, role: viewer, organizations: [acme]}
  - {claim: username, value: north, role: admin, resellers: [north]}
  - {claim: sub, value: grafana, role: delegate}
`

func TestALimitMayBeFarMoreThanOneItemCarries(t *testing.T) {
	for _, limit := range []string{"9000000000000", "10000000000000.5", "1000000000000000000000000000000"} {
		c, err := Parse([]byte("organizations: [{id: acme, quotas: {bytes: {limit: " + limit + ", window: month}}}]"))
		require.NoError(t, err)
		require.Equal(t, limit, c.Organizations[0].Quotas["bytes"].Limit.Decimal(6))
	}
}

func window(t *testing.T, name string) usage.Window {
	t.Helper()
	w, err := usage.ParseWindow(name)
	require.NoError(t, err)
	return w
}

func price(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

func TestEveryKeyIsRead(t *testing.T) {
	c, err := Parse([]byte(everything))
	require.NoError(t, err)
	require.Equal(t, 2, c.Len())

	acme, found := c.Lookup("acme")
	require.True(t, found)
	require.Equal(t, "Europe/Berlin", acme.Location.String())
	acme.Location = nil
	month, cycle := window(t, "month"), window(t, "cycle")
	require.Equal(t, &Organization{
		ID: "acme", Name: "Acme GmbH", Reseller: "north", CSM: []string{"jane@example.com"},
		ClientID: "1042", Subdomain: "acme",
		Notify:    Notify{Email: []string{"ops@acme.example"}, Webhook: []string{}, SMS: []string{}},
		AnchorDay: 15, Currency: Currency{Code: "EUR", Digits: 2},
		Plan: Plan{
			Type: billing.Traditional, TermStart: usage.Date{Year: 2026, Month: time.January, Day: 15}, TermMonths: 12,
			Subscription: price("500.00"),
			Payments:     map[billing.Month]string{{Year: 2026, Month: time.October}: "paid"},
		},
		Quotas: map[string]Quota{
			"transcription_minutes": {Limit: wide.Of(10000_000_000), Window: cycle, FlexPrice: price("0.08"), Thresholds: []int64{500_000, 750_000, 900_000, 1_000_000}},
			"workspace_users":       {Limit: wide.Of(2000_000_000), Window: month, FlexPrice: price("3.50"), Thresholds: []int64{250_000, 1_000_000, 1_250_000}},
			"operators":             {Limit: wide.Of(500_000), Window: month, Thresholds: []int64{}},
		},
	}, acme)
	require.Equal(t, []Principal{
		{Claim: "email", Value: "jane@example.com", Role: "csm"},
		{Claim: "group", Value: "finance", Role: "viewer", Organizations: []string{"*"}},
		{Claim: "sub", Value: "acme-portal", Role: "viewer", Organizations: []string{"acme"}},
		{Claim: "username", Value: "north", Role: "admin", Resellers: []string{"north"}},
		{Claim: "sub", Value: "grafana", Role: "delegate"},
	}, c.Principals)
}

func TestDefaultsAreUTCAndTheFirst(t *testing.T) {
	c, err := Parse([]byte(everything))
	require.NoError(t, err)
	globex, found := c.Lookup("globex")
	require.True(t, found)
	require.Equal(t, "UTC", globex.Location.String())
	require.Equal(t, 1, globex.AnchorDay)

	_, found = c.Lookup("initech")
	require.False(t, found)
}

func TestNothingIsAnEmptyCatalogue(t *testing.T) {
	for name, text := range map[string]string{"empty file": "", "comment": "# none yet\n", "empty list": "organizations: []", "null": "organizations:"} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse([]byte(text))
			require.NoError(t, err)
			require.Zero(t, c.Len())
		})
	}
	var none *Catalogue
	require.Zero(t, none.Len())
	_, found := none.Lookup("acme")
	require.False(t, found)
}

func TestAnchorsAndMergeKeysAreUnderstood(t *testing.T) {
	c, err := Parse([]byte(`
organizations:
  - &north {id: acme, timezone: Europe/Oslo, anchor_day: 31}
  - {<<: *north, id: globex}
`))
	require.NoError(t, err)
	globex, _ := c.Lookup("globex")
	require.Equal(t, "Europe/Oslo", globex.Location.String())
	require.Equal(t, 31, globex.AnchorDay)
}

func TestBadCataloguesAreRefusedWithLineValueAndRemedy(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"unknown zone": {
			"organizations:\n  - id: acme\n  - id: b\n    timezone: Europe/Berln\n",
			`organizations.yaml:4: organizations[1].timezone "Europe/Berln": unknown time zone; use an IANA name such as Europe/Berlin`,
		},
		"zone of the machine": {
			"organizations: [{id: acme, timezone: Local}]",
			`organizations.yaml:1: organizations[0].timezone "Local": no zone but that of the machine; use an IANA name such as Europe/Berlin`,
		},
		"file of the machine's zone": {
			"organizations: [{id: acme, timezone: localtime}]",
			`organizations.yaml:1: organizations[0].timezone "localtime": no zone but that of the machine; use an IANA name such as Europe/Berlin`,
		},
		"rules of the machine's zone": {
			"organizations: [{id: acme, timezone: posixrules}]",
			`organizations.yaml:1: organizations[0].timezone "posixrules": no zone but that of the machine; use an IANA name such as Europe/Berlin`,
		},
		"zone with leap seconds": {
			"organizations: [{id: acme, timezone: right/Europe/Berlin}]",
			`organizations.yaml:1: organizations[0].timezone "right/Europe/Berlin": no IANA name but one of a copy with or without leap seconds; use an IANA name such as Europe/Berlin`,
		},
		"zone without leap seconds": {
			"organizations: [{id: acme, timezone: posix/UTC}]",
			`organizations.yaml:1: organizations[0].timezone "posix/UTC": no IANA name but one of a copy with or without leap seconds; use an IANA name such as Europe/Berlin`,
		},
		"zone that is not set": {
			"organizations: [{id: acme, timezone: Factory}]",
			`organizations.yaml:1: organizations[0].timezone "Factory": no zone but the sign that none is set; use an IANA name such as Europe/Berlin`,
		},
		"empty zone": {
			"organizations: [{id: acme, timezone: ''}]",
			`organizations.yaml:1: organizations[0].timezone "": no zone; use an IANA name such as Europe/Berlin`,
		},
		"path of a zone": {
			"organizations: [{id: acme, timezone: /usr/share/zoneinfo/Europe/Berlin}]",
			`organizations.yaml:1: organizations[0].timezone "/usr/share/zoneinfo/Europe/Berlin": no zone; use an IANA name such as Europe/Berlin`,
		},
		"second document": {
			"organizations:\n- id: acme\n---\norganizations:\n- id: b\n",
			`organizations.yaml:3: a second YAML document begins; a catalogue is one: remove the line --- and put all organizations under one key organizations`,
		},
		"second document behind an empty one": {
			"---\n# see below\n---\norganizations: [{id: b}]\n",
			`organizations.yaml:3: a second YAML document begins; a catalogue is one: remove the line --- and put all organizations under one key organizations`,
		},
		"second document that is no YAML": {
			"organizations: [{id: acme}]\n---\n}{",
			`organizations.yaml: yaml: line 2: did not find expected node content`,
		},
		"anchor 0": {
			"organizations:\n- id: acme\n  anchor_day: 0",
			`organizations.yaml:3: organizations[0].anchor_day 0: no day of a month; use 1 to 31`,
		},
		"anchor 32": {
			"organizations:\n- id: acme\n  anchor_day: 32",
			`organizations.yaml:3: organizations[0].anchor_day 32: no day of a month; use 1 to 31`,
		},
		"anchor text": {
			"organizations:\n- id: acme\n  anchor_day: first",
			"organizations.yaml:3: cannot unmarshal !!str `first` into int",
		},
		"id missing": {
			"organizations:\n- name: Acme",
			`organizations.yaml:2: organizations[0].id: missing; use the value that telemetry names the organization by`,
		},
		"id reserved": {
			"organizations: [{id: __none__}]",
			`organizations.yaml:1: organizations[0].id "__none__": reserved for items that name no organization; use another`,
		},
		"id with a control character": {
			`organizations: [{id: "ac\nme"}]`,
			`organizations.yaml:1: organizations[0].id "ac\nme": contains a control character; remove it`,
		},
		"id twice": {
			"organizations:\n- id: acme\n- id: b\n- id: acme",
			`organizations.yaml:4: organizations[2].id "acme": organizations[0] in line 2 has this id; every organization needs its own`,
		},
		"unknown key": {
			"organizations:\n- id: acme\n  timezon: UTC",
			`organizations.yaml:3: organizations[0].timezon: unknown key; use one of id, name, reseller, csm, client_id, subdomain, notify, timezone, anchor_day, currency, meters, plan, quotas`,
		},
		"meter that is listed twice": {
			"organizations:\n- id: acme\n  meters: [calls, calls]",
			`organizations.yaml:3: organizations[0].meters[1] "calls": listed already; remove it`,
		},
		"unknown key of a quota": {
			"organizations:\n- id: acme\n  quotas:\n    calls: {limt: 5}",
			`organizations.yaml:4: organizations[0].quotas.calls.limt: unknown key; use one of limit, window, flex_price, thresholds`,
		},
		"unknown key behind a merge": {
			"organizations:\n- &a {id: a}\n- id: b\n  <<: [*a, {nam: B}]",
			`organizations.yaml:4: organizations[1][1].nam: unknown key; use one of id, name, reseller, csm, client_id, subdomain, notify, timezone, anchor_day, currency, meters, plan, quotas`,
		},
		"unknown key at the top": {
			"organisations: []",
			`organizations.yaml:1: organisations: unknown key; use one of organizations, principals`,
		},
		"key twice": {
			"organizations:\n- id: acme\n  id: b",
			`organizations.yaml:3: mapping key "id" already defined at line 2`,
		},
		"no mapping": {
			"- acme",
			"organizations.yaml:1: cannot unmarshal !!seq into catalogue.document",
		},
		"no YAML": {
			"organizations: [",
			"organizations.yaml: yaml: line 1: did not find expected node content",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse([]byte(test.text))
			require.EqualError(t, err, test.want)
			require.Nil(t, c)
		})
	}
}

func TestAllErrorsAreToldAtOnce(t *testing.T) {
	_, err := Parse([]byte("organizations:\n- {id: a, timezone: X}\n- {id: a, anchor_day: 99}\n"))
	require.Error(t, err)
	require.Len(t, strings.Split(err.Error(), "\n"), 3)
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customers.yaml")
	_, err := Load(path, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.EqualError(t, err, "read catalogue "+path+": no such file or directory")

	require.NoError(t, os.WriteFile(path, []byte("organizations: [{id: a, timezone: X}]"), 0o600))
	_, err = Load(path, nil)
	require.ErrorContains(t, err, "customers.yaml:1: organizations[0].timezone")
}

func TestAliasBombsAreRefused(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	var bombLabels strings.Builder
	for c := byte('b'); c <= 'i'; c++ {
		bombLabels.WriteString(string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "*" + string(c-1) + "]\n")
	}
	bomb += bombLabels.String()
	_, err := Parse([]byte(bomb))
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("organizations: [{id: a, timezone: X}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			require.Nil(t, c)
			return
		}
		for i := range c.Organizations {
			o, found := c.Lookup(c.Organizations[i].ID)
			require.True(t, found)
			require.Same(t, &c.Organizations[i], o)
			require.NotNil(t, o.Location)
		}
	})
}
