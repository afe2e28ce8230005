// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// customers are the lines of the catalogue by the shard that has them.
var customers = map[string]string{
	"a": `
  - {id: acme, name: Acme GmbH, csm: [jane], timezone: Europe/Berlin, anchor_day: 15, currency: EUR, reseller: north, plan: {type: traditional, subscription: "500"}, quotas: {api_calls: {limit: 3, window: month, flex_price: "0.5"}}}`,
	"b": `
  - {id: birch, name: Birch Ltd, timezone: America/New_York, currency: USD, plan: {type: traditional, subscription: "70"}, quotas: {api_calls: {limit: 0, window: month}}}
  - {id: dune/1, name: aardvark, csm: [jane], reseller: north}`,
	"c": `
  - {id: cedar, name: Cedar, csm: [jane], timezone: Asia/Kolkata, reseller: north, quotas: {transcription_minutes: {limit: 10, window: cycle}}}`,
}

// shardOverlay is a shard's configuration: catalogue, peers.
const shardOverlay = `
extensions:
  basicauth: {htpasswd: {inline: "jane:secret\nroot:secret\nshards:secret"}}
  basicauth/shards: {client_auth: {username: shards, password: secret}}
  usage_ledger:
    catalogue: %q
    api: {auth: {authenticator: basicauth}, peers: [%s]}
service: {extensions: [basicauth, basicauth/shards, usage_ledger]}
`

// shard starts one, with the customers of some.
func shard(t *testing.T, of string, peers ...string) *collector.Collector {
	t.Helper()
	text := "organizations:"
	for _, name := range of {
		text += customers[string(name)]
	}
	text += `
principals:
  - {claim: username, value: jane, role: csm}
  - {claim: username, value: root, role: admin, organizations: ["*"]}
  - {claim: username, value: shards, role: delegate, claims: [username]}
`
	file := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(shardOverlay, file, strings.Join(peers, ", "))})
}

func peer(name string, c *collector.Collector) string {
	return fmt.Sprintf("{name: %s, endpoint: 'http://%s', timeout: 2s, auth: {authenticator: basicauth/shards}}", name, c.API)
}

// reply is an answer to somebody.
type reply struct {
	code   int
	header http.Header
	body   string
}

func askAs(t *testing.T, c *collector.Collector, name, method, path string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.API+path, http.NoBody)
	require.NoError(t, err)
	request.SetBasicAuth(name, "secret")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return reply{response.StatusCode, response.Header, string(body)}
}

// ofThis is what differs from ledger to ledger: when it was asked, and pseudonyms,
// whose keys are chance.
var ofThis = regexp.MustCompile(`"made":"[^"]+"|"[0-9a-f]{16,64}"`)

// The shards of an installation answer as one ledger would that has all
// organizations, byte for byte.
func TestManyShardsAnswerAsOne(t *testing.T) {
	t.Parallel()
	shards := map[string]*collector.Collector{"b": shard(t, "b"), "c": shard(t, "c")}
	shards["a"] = shard(t, "a", peer("b", shards["b"]), peer("c", shards["c"]))
	front, one := shards["a"], shard(t, "abc")

	now := time.Now().UTC()
	for organization, at := range map[string]string{"acme": "a", "birch": "b", "dune/1": "b", "cedar": "c"} {
		var events []collector.Event
		for i := range 5 {
			user := fmt.Sprintf("user %d of %s", i, organization)
			events = append(events,
				collector.Event{Organization: organization, User: user, Action: "api.called", UID: fmt.Sprint(organization, i), Time: now},
				collector.Event{Organization: organization, User: user, Action: "course.accessed", Time: now, Attributes: map[string]any{"user.status": "active"}},
				collector.Event{
					Organization: organization, User: user, Action: "transcription.finished", UID: fmt.Sprint(organization, "t", i), Time: now,
					Attributes: map[string]any{"transcription.minutes": 1.25 * float64(i), "transcription.language": "de"},
				})
		}
		require.Equal(t, http.StatusOK, shards[at].Send(t, events...))
		require.Equal(t, http.StatusOK, one.Send(t, events...))
	}

	paths := []string{"/api/v1/organizations", "/api/v1/access"}
	for _, kind := range []string{"usage-summary", "activity", "users", "billing"} {
		paths = append(paths, "/api/v1/reports/"+kind+"?period=current")
	}
	paths = append(paths, "/api/v1/reports/users?period=current&format=ndjson", "/api/v1/reports/usage-summary?period=current&reseller=north&format=csv",
		"/api/v1/reports/billing?period=current&format=focus", "/api/v1/organizations/cedar/figures", "/api/v1/organizations/dune%2F1/users?window=month")
	for _, who := range []string{"root", "jane"} {
		for _, path := range paths {
			if who == "jane" && strings.Contains(path, "access") {
				continue // its names of organizations are the catalogue's
			}
			front.Eventually(t, func() error { // of the same minute
				got, want := askAs(t, front, who, http.MethodGet, path), askAs(t, one, who, http.MethodGet, path)
				got.body, want.body = ofThis.ReplaceAllString(got.body, ""), ofThis.ReplaceAllString(want.body, "")
				if want.code != http.StatusOK || got.code != want.code || got.body != want.body || got.header.Get("Usage-Incomplete") != "" {
					same := 0
					for same < min(len(got.body), len(want.body)) && got.body[same] == want.body[same] {
						same++
					}
					same = max(0, same-100)
					return fmt.Errorf("%s asks %s: one ledger answers %d %.600s\nand many shards %d %.600s", who, path, want.code, want.body[min(same, len(want.body)):], got.code, got.body[min(same, len(got.body)):])
				}
				return nil
			})
		}
	}

	t.Run("pages", func(t *testing.T) {
		for _, path := range []string{"/", "/reports?kind=usage-summary&period=this-month", "/reports?kind=usage-summary&about=birch&period=this-month"} {
			page := askAs(t, front, "root", http.MethodGet, path)
			require.Equal(t, http.StatusOK, page.code, page.body)
			require.Contains(t, page.body, "Birch Ltd")
			require.NotContains(t, page.body, "Incomplete")
		}
		require.NotContains(t, askAs(t, front, "jane", http.MethodGet, "/").body, "Birch")
	})

	t.Run("rights", func(t *testing.T) {
		require.Equal(t, http.StatusNotFound, askAs(t, front, "jane", http.MethodGet, "/api/v1/organizations/birch/figures").code)
		require.Equal(t, http.StatusForbidden, askAs(t, front, "jane", http.MethodDelete, "/api/v1/organizations/cedar/users/user%200%20of%20cedar").code)
		require.Equal(t, http.StatusOK, askAs(t, front, "root", http.MethodDelete, "/api/v1/organizations/cedar/users/user%200%20of%20cedar").code)
		require.NotContains(t, askAs(t, shards["c"], "root", http.MethodGet, "/api/v1/organizations/cedar/users?window=month").body, "user 0")
		require.Equal(t, http.StatusNotFound, askAs(t, front, "root", http.MethodGet, "/api/v1/organizations/nobody/figures").code)
		require.Equal(t, http.StatusForbidden, askAs(t, front, "shards", http.MethodGet, "/api/v1/organizations").code, "by itself it is nobody")
	})

	t.Run("slow", func(t *testing.T) {
		paused := make(chan struct{})
		go func() {
			defer close(paused)
			shards["b"].Pause(t, 5*time.Second)
		}()
		front.Eventually(t, func() error {
			list := askAs(t, front, "root", http.MethodGet, "/api/v1/organizations")
			if !strings.Contains(list.body, `"incomplete":[{"shard":"b","reason":"has not answered within 2s"}]`) {
				return fmt.Errorf("%v %s", list.header, list.body)
			}
			return nil
		})
		<-paused
	})

	shards["c"].Kill()
	t.Run("down", func(t *testing.T) { isNamed(t, front) })

	t.Run("named twice", func(t *testing.T) {
		require.Equal(t, http.StatusOK, front.Send(t, collector.Event{Organization: "birch", User: "strayed", Action: "api.called", Time: now}))
		list := askAs(t, front, "root", http.MethodGet, "/api/v1/organizations")
		require.Equal(t, http.StatusConflict, list.code, list.body)
		require.Contains(t, list.body, `organization \"birch\": shards b and of this address both have it`)
		require.Equal(t, http.StatusConflict, askAs(t, front, "root", http.MethodGet, "/api/v1/reports/usage-summary?period=current").code)
	})
}

// isNamed holds that nothing is smaller by the shard c without naming it.
func isNamed(t *testing.T, front *collector.Collector) {
	t.Helper()
	list := askAs(t, front, "root", http.MethodGet, "/api/v1/organizations")
	require.Equal(t, http.StatusOK, list.code)
	require.Equal(t, "c", list.header.Get("Usage-Incomplete"))
	var answer struct {
		Data       []struct{ ID string }
		Incomplete []struct{ Shard, Reason string }
	}
	require.NoError(t, json.Unmarshal([]byte(list.body), &answer))
	require.Len(t, answer.Data, 3, "acme, birch and dune/1")
	require.Equal(t, []struct{ Shard, Reason string }{{"c", "does not answer"}}, answer.Incomplete)

	of := askAs(t, front, "root", http.MethodGet, "/api/v1/organizations/cedar/figures")
	require.Equal(t, http.StatusServiceUnavailable, of.code, "it is not that there is none")
	require.Contains(t, of.body, "shard c does not answer")
	require.Equal(t, http.StatusOK, askAs(t, front, "root", http.MethodGet, "/api/v1/organizations/birch/figures").code)

	for _, page := range []string{"/", "/reports?kind=usage-summary&period=this-month"} {
		r := askAs(t, front, "root", http.MethodGet, page)
		require.Equal(t, "c", r.header.Get("Usage-Incomplete"))
		require.Contains(t, r.body, "shard c does not answer")
	}

	for format, marked := range map[string]func(t *testing.T, body string){
		"json":   contains(`"incomplete":[{"shard":"c","reason":"does not answer"}]`, `"incomplete":"c"`),
		"csv":    contains(",incomplete\n", ",c\n"),
		"ndjson": contains(`"incomplete":"c"}`),
		"focus":  contains(",x_Incomplete\n"),
		"html":   contains("Billing report (incomplete)", "INCOMPLETE: shard c does not answer."),
		"pdf":    contains("%PDF-"), // its texts are as those of HTML: TestAnIncompleteReportSaysSoInEveryFormat
		"xlsx": func(t *testing.T, body string) {
			t.Helper()
			book, err := excelize.OpenReader(bytes.NewReader([]byte(body)))
			require.NoError(t, err)
			found, err := book.SearchSheet(book.GetSheetName(0), "INCOMPLETE: shard c does not answer", true)
			require.NoError(t, err)
			require.NotEmpty(t, found)
			require.NoError(t, book.Close())
		},
	} {
		r := askAs(t, front, "root", http.MethodGet, "/api/v1/reports/billing?period=current&format="+format)
		require.Equal(t, http.StatusOK, r.code, r.body)
		require.Equal(t, "c", r.header.Get("Usage-Incomplete"), format)
		require.Contains(t, r.header.Get("Content-Disposition"), "_incomplete.", format)
		marked(t, r.body)
	}
}

func contains(texts ...string) func(*testing.T, string) {
	return func(t *testing.T, body string) {
		t.Helper()
		for _, text := range texts {
			require.Contains(t, body, text)
		}
	}
}
