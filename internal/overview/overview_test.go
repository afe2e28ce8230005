// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"golang.org/x/net/html"

	"github.com/otelcol-usage/otelcol-usage/internal/site/sitetest"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// -page and -first write pages to files, to look at them in a browser.
var (
	pageFile  = flag.String("page", "", "write an ordinary page to this file")
	firstFile = flag.String("first", "", "write the page of an empty ledger to this file")
)

func render(t *testing.T, in Input) []byte {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, Render(&page, in))
	return page.Bytes()
}

func TestPagesToLookAt(t *testing.T) {
	ordinary := render(t, example(t))
	if *pageFile != "" {
		require.NoError(t, os.WriteFile(*pageFile, ordinary, 0o600))
	}
	first := example(t)
	first.Organizations, first.List.Total = nil, 0
	first.Catalogue = State{Text: "refused", Detail: "organizations.yaml:12: organizations[3].timezone \"Europe/Berln\": unknown time zone; use an IANA name such as Europe/Berlin"}
	first.Warnings = []string{"pipeline logs: batch stands before usage: what is acknowledged to senders may still be lost; put batch after usage"}
	if *firstFile != "" {
		require.NoError(t, os.WriteFile(*firstFile, render(t, first), 0o600))
	}
}

func TestEveryOrganizationHasItsCard(t *testing.T) {
	cards := sitetest.Parse(t, render(t, example(t))).All("article", "card")
	require.Len(t, cards, 6)

	acme := cards[0].Text()
	for _, want := range []string{
		"Acme GmbH", "acme · Europe/Berlin · Fri 15:05", "last event 4 s ago",
		"Transcription minutes 8,345.2 min this month", "today 500.7 last month 11,683.3 this contract month 2,503.6", "average accuracy 0.93",
		"Members 1,412 active this month", "1,101 onboarded 240 anonymous 71 email", "today 564 rolling 30 days 1,553 last month 1,313",
		"Not used: Active learners , Yard operators",
		"1.34 M items received 1.28 M counted 96.1 %", "37 invalid < 0.1 %",
		"14:04:48 unmatched ×2 page.scrolled logs no meter names this action, or no condition holds",
		"invalid transcription.finished logs lacks the attribute that is added up",
	} {
		require.Contains(t, acme, want)
	}
	require.NotContains(t, acme, "silent")

	yard := cards[2].Text()
	require.Contains(t, yard, "Yard operators 47 connected now")
	require.Contains(t, yard, "41 active 6 idle")
	require.Contains(t, yard, "users this hour 41 users last hour 49")
	require.Contains(t, yard, "net of hand-over 45")
	require.Contains(t, yard, "busiest hour, this month 52 (3×) busiest hour, last 182 days 56 (3×) busiest hour, this half-year 56 (3×)")

	require.Contains(t, cards[3].Text(), "silent last event 2 days ago")
	require.Contains(t, cards[4].Text(), "no event yet")
	require.Contains(t, cards[4].Text(), "No items received.")
	require.Contains(t, cards[5].Text(), "Items without an organization")
	require.Contains(t, cards[5].Text(), "names no organization")
}

func TestSparklinesShowThirtyDays(t *testing.T) {
	sparks := sitetest.Parse(t, render(t, example(t))).All("svg", "spark")
	require.Len(t, sparks, 6)
	title := sparks[1].All("title", "")[0].FirstChild.Data
	require.Equal(t, "Transcription minutes, day by day from 22 Oct to 20 Nov: lowest 78 min on 25 Oct, highest 618 min on 18 Nov", title)
	paths := sparks[1].All("path", "")
	require.Len(t, paths, 2)
	require.Equal(t, 29, strings.Count(paths[0].Attr[0].Val, "M"))
}

func TestNamesOfSendersCannotBreakThePage(t *testing.T) {
	const hostile = `"><script>alert(1)</script>{{.}}<img src=x onerror=alert(2)>`
	in := example(t)
	in.Organizations = in.Organizations[:1]
	o := &in.Organizations[0]
	o.ID, o.Name = hostile, hostile
	o.Rejects = []Reject{{Time: at, Outcome: usage.Unmatched, Action: hostile}}
	in.Warnings = []string{hostile}
	in.List.Filter = hostile
	in.Catalogue = State{Text: hostile, Detail: hostile}
	in.Extraction.Meters[0].Versions[0].Classes[0].Actions[0] = hostile

	d := sitetest.Parse(t, render(t, in))
	d.Harmless(t, Page.Policy)
	require.Contains(t, d.All("article", "")[0].Text(), hostile)
}

func TestThePolicyAllowsThePagesOwnStyleOnly(t *testing.T) {
	d := sitetest.Parse(t, render(t, example(t)))
	d.Harmless(t, Page.Policy)
	require.Empty(t, d.All("iframe", ""))
}

func TestUsersAreNeverShown(t *testing.T) {
	in := example(t)
	in.Organizations[0].Figures = append(in.Organizations[0].Figures,
		figure(t, "usage_consumption_breakdown", "meter=transcription_minutes,window=month,period=current,dimension=user,dimension_value=jane@acme.example", 500))
	require.NotContains(t, string(render(t, in)), "jane")
}

func TestAnEmptyLedgerLeadsToTheFirstEvent(t *testing.T) {
	in := example(t)
	in.Organizations, in.List = nil, List{Page: 1, Pages: 1}
	in.At = time.Time{}
	d := sitetest.Parse(t, render(t, in))
	require.Contains(t, d.All("header", "top")[0].Text(), "No figures yet: they appear at the next whole minute")
	first := d.All("details", "first")[0]
	require.Equal(t, "open", first.Attr[1].Key)
	require.Contains(t, first.Text(), "Send your first event")
	require.Contains(t, first.Text(), `"eventName":"course.accessed"`)

	ordinary := sitetest.Parse(t, render(t, example(t))).All("details", "first")[0]
	require.Len(t, ordinary.Attr, 1, "closed once there are figures")
}

func TestTheStateOfLedgerAndCatalogueIsSeen(t *testing.T) {
	d := sitetest.Parse(t, render(t, example(t)))
	require.Empty(t, d.All("section", "notice"))

	in := example(t)
	in.Ledger = State{Text: "unavailable", Detail: "no space left on device"}
	in.Catalogue = State{Text: "refused", Detail: "organizations.yaml:12: bad"}
	in.Warnings = []string{"batch stands before usage"}
	d = sitetest.Parse(t, render(t, in))
	notices := d.All("section", "notice")
	require.Len(t, notices, 3)
	require.Contains(t, notices[0].Text(), "no space left on device")
	require.Contains(t, notices[1].Text(), "organizations.yaml:12: bad")
	require.Contains(t, notices[2].Text(), "batch stands before usage")
}

func TestLongListsArePagedAndSearched(t *testing.T) {
	in := example(t)
	in.List = List{Filter: "a b", Total: 950, Matching: 250, Page: 2, Pages: 3}
	d := sitetest.Parse(t, render(t, in))
	require.Contains(t, d.All("form", "search")[0].Text(), "250 of 950 organizations")
	nav := d.All("nav", "pages")[0]
	require.Contains(t, nav.Text(), "Page 2 of 3")
	var links []string
	for _, a := range nav.All("a", "") {
		for _, attr := range a.Attr {
			if attr.Key == "href" {
				links = append(links, attr.Val)
			}
		}
	}
	require.Equal(t, []string{"?page=1&q=a+b", "?page=3&q=a+b"}, links)

	in.Organizations = nil
	require.Contains(t, sitetest.Parse(t, render(t, in)).Text(), "No organization has a b in its name or id.")
}

func TestFiguresThatAreTooSmallAreMarked(t *testing.T) {
	for series, mark := range map[string]string{"usage_incomplete": "incomplete", "usage_sampled": "sampled"} {
		in := example(t)
		in.Organizations[1].Figures = append(in.Organizations[1].Figures, figure(t, series, "meter=active_learners", 1))
		require.Contains(t, sitetest.Parse(t, render(t, in)).All("article", "")[1].Text(), "Active learners "+mark)
	}
}

func TestNumbersAreReadAtAGlance(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 999999: "999,999", 1e6: "1_M", 1284512: "1.28_M", 12.5e6: "12.5_M", 845e6: "845_M",
		3.2e9: "3.2_G", 4e12: "4_T", 196e13: "1.96_P", 1e21: "1000_E", 0.926: "0.93", 12.34: "12.3", 8345.25: "8,345.2", -1500: "-1,500", -0.001: "0", 2.0: "2",
	} {
		require.Equal(t, strings.ReplaceAll(want, "_", "\u202f"), short(v), fmt.Sprint(v))
	}
	require.Equal(t, "1,284,512.123457", exact(1284512.1234567))
	require.Equal(t, "<\u202f0.1\u202f%", percent(1, 1_000_000))
	require.Equal(t, "99.9\u202f%", percent(999_999, 1_000_000), "only all is 100 %")
	require.Equal(t, "100\u202f%", percent(5, 5))
}

func TestTheExampleIsCountedByTheMeterItNames(t *testing.T) {
	x := extraction(t)
	e, found := NewExample(x, "http://localhost:4318", "http://localhost:9090")
	require.True(t, found)
	require.Equal(t, Example{
		Command: `curl -sS http://localhost:4318/v1/logs -H 'Content-Type: application/json' -d '{"resourceLogs":[{"scopeLogs":[{"logRecords":[` +
			`{"timeUnixNano":"'$(date +%s)000000000'","eventName":"course.accessed","attributes":[` +
			`{"key":"organization.id","value":{"stringValue":"acme"}},{"key":"user.id","value":{"stringValue":"user-1"}},` +
			`{"key":"user.status","value":{"stringValue":"active"}}]}]}]}]}'`,
		Query: `usage_active_users{organization="acme", meter="active_learners"}`,
		URL:   "http://localhost:9090/api/v1/query?query=usage_active_users%7Borganization%3D%22acme%22%2C+meter%3D%22active_learners%22%7D",
		Meter: "active_learners", Title: "Active learners",
	}, e)

	// A condition that cannot be met by an example, and a class that needs a
	// registered user, leave consumption.
	x.Meters[0].Versions[0].Classes[0].Condition = `IsMatch(attributes["x"], "y")`
	e, found = NewExample(x, "http://localhost:4318", "")
	require.True(t, found)
	require.Equal(t, "transcription_minutes", e.Meter)
	require.Contains(t, e.Command, `{"key":"transcription.minutes","value":{"doubleValue":1}}`)
	require.Empty(t, e.URL)

	// What a configuration holds stays one argument of the command.
	const action = `it's "quoted"; $(exit 3) \ `
	x.Meters[0].Versions[0].Classes[0] = usage.Class{Actions: []string{action}}
	e, _ = NewExample(x, "http://localhost:4318", "")
	sent, err := exec.CommandContext(t.Context(), "sh", "-c", `curl() { printf %s "$6"; }; `+e.Command).Output()
	require.NoError(t, err)
	request := plogotlp.NewExportRequest()
	require.NoError(t, request.UnmarshalJSON(sent))
	record := request.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	require.Equal(t, action, record.EventName())
	require.WithinDuration(t, time.Now(), record.Timestamp().AsTime(), time.Minute)

	x.Meters = x.Meters[1:2]
	_, found = NewExample(x, "", "")
	require.False(t, found)
}

// quotaTexts are the words beside each bar.
func quotaTexts(t *testing.T, in Input) (texts []string) {
	t.Helper()
	for n := range sitetest.Parse(t, render(t, in)).Descendants() {
		for _, a := range n.Attr {
			if a.Key == "class" && strings.HasPrefix(a.Val, "quota ") {
				var words []string
				for inner := range n.Descendants() {
					if inner.Type == html.TextNode && inner.Parent.Data != "title" && strings.TrimSpace(inner.Data) != "" {
						words = append(words, strings.TrimSpace(inner.Data))
					}
				}
				texts = append(texts, strings.TrimPrefix(a.Val, "quota ")+": "+strings.Join(words, " | "))
			}
		}
	}
	return texts
}

func TestEachQuotaIsShownInWordsWithItsBand(t *testing.T) {
	require.Equal(t, []string{
		"over: at or over | 103.8\u202f% | 1,454 of 1,400, rolling 30 days | 54 beyond the limit",
		"high: high | 83\u202f% | 2,503.5 of 3,000\u00a0min, this contract month | expected 6,114\u00a0min (203\u202f%) | passes the limit on 23 November | 25 days left",
		"moderate: moderate | 59\u202f% | 1,184 of 2,000, this month | expected 1,391 (69\u202f%) | 10 days left",
		"high: high | 89\u202f% | 52 of 58, this month | expected 52 (89\u202f%) | 10 days left",
		"under: under quota | 25\u202f% | 15 of 60, this half-year | expected 31 (51\u202f%) | 41 days left",
	}, quotaTexts(t, example(t)))
}

func TestAnUnusedQuotaAndALimitOf0AreShown(t *testing.T) {
	in := example(t)
	none := quotaOf(t, "operators", "month", 1, 0, 0, time.Hour, 0)
	for i := range none {
		if none[i].Series.Name == "usage_quota_limit" {
			none[i].Value = 0
		}
	}
	in.Organizations = []Organization{{ID: "a", Zone: time.UTC, Figures: none}}
	require.Equal(t, []string{"under: under quota | 0\u202f% | 0 of 0, this month | expected 0 | 60 min left"}, quotaTexts(t, in))
	for i := range none {
		switch none[i].Series.Name {
		case "usage_quota_used", "usage_quota_overage":
			none[i].Value = 3
		case "usage_quota_ratio":
			none[i].Value = math.Inf(1)
		case "usage_quota_status":
			none[i].Value = 3
		}
	}
	require.Equal(t, []string{"over: at or over | none allowed | 3 of 0, this month | expected 3 | 3 beyond the limit | 60 min left"}, quotaTexts(t, in))
}

func TestASharesPercentageIsNeverRoundedUp(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0", 0.0049: "0.4", 0.074: "7.4", 0.4999: "49", 0.5: "50", 0.899: "89", 0.9: "90", 0.9499: "94.9", 0.95: "95", 0.29: "29",
		0.99999: "99.9", 1: "100", 1.0049: "100.4", 1.5: "150", 12: "1,200",
	} {
		require.Equal(t, want+"\u202f%", ratio(share), share)
	}
}

// TestNamesThatAreTypedAreBesideTheirTitles looks for the raw names of what a
// card calls by titles: they are in PromQL, the catalogue and the configuration.
func TestNamesThatAreTypedAreBesideTheirTitles(t *testing.T) {
	acme := sitetest.Parse(t, render(t, example(t))).All("article", "card")[0]
	hover := map[string]string{}
	for _, tag := range []string{"h3", "dt", "span"} {
		for _, d := range acme.All(tag, "") {
			for _, a := range d.Attr {
				if a.Key == "title" {
					hover[d.Text()] = a.Val
				}
			}
		}
	}
	require.Equal(t, map[string]string{
		"Members": "workspace_users", "Transcription minutes": "transcription_minutes", "Active learners": "active_learners", "Yard operators": "operators",
		"today": "day", "last month": "month", "rolling 30 days": "30d", "this contract month": "cycle",
		"events this month": "month", "average accuracy": "month",
	}, hover)
}

func TestWindowsAreCalledByTheirTitles(t *testing.T) {
	titled := usage.Titles{Windows: map[string]string{"week": "SLA week", "day": "Shift day", "30d": "Rolling 30 days"}}
	for _, c := range []struct{ window, period, plain, titled string }{
		{"day", "current", "today", "this shift day"},
		{"day", "previous", "yesterday", "last shift day"},
		{"week", "current", "this week", "this SLA week"},
		{"half", "previous", "last half-year", "last half-year"},
		{"cycle", "current", "this billing cycle", "this billing cycle"},
		{"24h", "current", "last 24 hours", "last 24 hours"},
		{"30d", "current", "last 30 days", "rolling 30 days"},
	} {
		require.Equal(t, [2]string{c.plain, c.titled}, [2]string{caption(usage.Titles{}, c.window, c.period), caption(titled, c.window, c.period)})
	}
}
