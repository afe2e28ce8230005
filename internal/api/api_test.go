// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/overview"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// request asks an API, whose answer has to be one that openapi.yaml describes.
func request(t *testing.T, a *API, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, a, method, target, "", header...)
}

// ask sends a body and headers, each a name before its value.
func ask(t *testing.T, a *API, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := serve(t, a.Handler(), method, target, body, header...)
	described(t, a, w.request, w.ResponseRecorder)
	return w.ResponseRecorder
}

// served is an answer with its request.
type served struct {
	*httptest.ResponseRecorder
	request *http.Request
}

func serve(t *testing.T, h http.Handler, method, target, body string, header ...string) served {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return served{w, r}
}

func get(t *testing.T, a *API, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return request(t, a, http.MethodGet, target, header...)
}

// kept returns a book with two organizations and one collection.
func kept() *fakeBook {
	acme := inquiry.Status{ID: "acme", LastEvent: at.Add(-time.Second)}
	acme.Items[usage.Logs][usage.Counted] = 7
	acme.Items[usage.Logs][usage.Late] = 1
	acme.Items[usage.Traces][usage.Counted] = 2
	acme.Rejects = []inquiry.Reject{{Time: at, Signal: usage.Logs, Outcome: usage.Late, Action: "api.called"}}
	acme.Trends = []inquiry.Trend{{Meter: "api_calls", Window: "day", Unit: "calls", Days: []inquiry.TrendDay{
		{Date: usage.Date{Year: 2026, Month: 11, Day: 19}, Value: 4}, {Date: usage.Date{Year: 2026, Month: 11, Day: 20}, Value: 9},
	}}}
	day, _ := usage.ParseWindow("day") // it is one
	series := &usage.Series{Name: "usage_consumption", Labels: []usage.Label{
		{Name: "meter", Value: "api_calls"}, {Name: "period", Value: "current"}, {Name: "unit", Value: "calls"}, {Name: "window", Value: "day"},
	}}
	return &fakeBook{
		extraction: usage.Extraction{Organization: []string{"organization.id"}, User: []string{"user.id"}, Meters: []usage.Meter{{
			Name: "api_calls", Type: usage.Consumption, Windows: []usage.Window{day}, Unit: "calls", Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"api.called"}}}}},
		}}},
		statuses: []inquiry.Status{acme, {ID: "north/sea", Silent: true}},
		latest: usage.Collection{At: at, Organizations: []usage.OrganizationFigures{
			{Organization: "acme", Figures: []usage.Figure{{Series: series, Value: 9}, {Series: &usage.Series{Name: "usage_quota_ratio"}, Value: math.Inf(1)}}},
			{Organization: "north/sea"},
		}},
	}
}

func TestEveryRouteAnswers(t *testing.T) {
	a := over(t, kept())
	for _, test := range []struct {
		target string
		status int
		body   string // "": not compared
	}{
		{"/", http.StatusOK, ""},
		{"/-/healthy", http.StatusOK, "healthy\n"},
		{"/-/ready", http.StatusOK, "ready\n"},
		{"/api/v1/organizations", http.StatusOK, `{"status":"success","data":[` +
			`{"id":"acme","timezone":"UTC","anchor_day":1,"last_event":"2026-11-20T14:04:59Z","silent":false,"items":{"logs":{"counted":7,"late":1},"traces":{"counted":2}}},` +
			`{"id":"north/sea","timezone":"UTC","anchor_day":1,"last_event":null,"silent":true,"items":{}}]}`},
		{"/api/v1/organizations/acme/figures", http.StatusOK, `{"status":"success","data":{"organization":"acme","at":"2026-11-20T14:05:00Z","figures":[` +
			`{"name":"usage_consumption","labels":{"meter":"api_calls","period":"current","unit":"calls","window":"day"},"value":9},` +
			`{"name":"usage_quota_ratio","labels":{},"value":"+Inf"}]}}`},
		{"/api/v1/organizations/north%2Fsea/figures", http.StatusOK, `{"status":"success","data":{"organization":"north/sea","at":"2026-11-20T14:05:00Z","figures":[]}}`},
		{"/api/v1/organizations/acme/figures?at=2026-11-20T15:05:00%2B01:00", http.StatusOK, ""},
		{"/api/v1/organizations/acme/figures?at=1763647500", http.StatusBadRequest, ""},
		{fmt.Sprintf("/api/v1/organizations/acme/figures?at=%d", at.Unix()), http.StatusOK, ""},
		{"/api/v1/organizations/acme/figures?at=2026-11-20T14:04:00Z", http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"at: 2026-11-20T14:04:00Z: no closed period ends then, and of minutes only the last collected one, 2026-11-20T14:05:00Z, is at hand; ask the store for others"}`},
		{"/api/v1/organizations/acme/figures?at=noon", http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"at: \"noon\": write a time as 2026-11-21T14:05:00Z or as seconds since 1970"}`},
		{"/api/v1/organizations/initech/figures", http.StatusNotFound, `{"status":"error","errorType":"not_found","error":"organization \"initech\": not in the catalogue, and no event of it was seen"}`},
		{"/api/v1/status", http.StatusOK, `{"status":"success","data":{"ready":true,"collected":"2026-11-20T14:05:00Z","organizations":2,"catalogue":{"path":"","organizations":0,"loaded":null,"valid":true},"files":{"scrubbed":null,"damaged":[]},"warnings":[]}}`},
		{"/api/v1/organizations/acme", http.StatusMethodNotAllowed, `{"status":"error","errorType":"method_not_allowed","error":"GET is not allowed here: use DELETE"}`},
		{"/api/v1/organizations/acme/plan", http.StatusNotFound, `{"status":"error","errorType":"not_found","error":"no such path: /api/v1/organizations/acme/plan"}`},
		{"/api/v1", http.StatusNotFound, ""},
		{"/favicon.ico", http.StatusNotFound, ""},
	} {
		t.Run(test.target, func(t *testing.T) {
			w := get(t, a, test.target)
			require.Equal(t, test.status, w.Code, w.Body)
			if test.body != "" {
				require.Equal(t, strings.TrimSpace(test.body), strings.TrimSpace(w.Body.String()))
			}
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			require.Equal(t, test.status, request(t, a, http.MethodHead, test.target).Code)
		})
	}
}

func TestNothingIsWritten(t *testing.T) {
	a := over(t, kept())
	for _, target := range []string{"/", "/-/ready", "/api/v1/status", "/api/v1/organizations", "/api/v1/organizations/acme/figures"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			w := request(t, a, method, target)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, target)
			require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			require.JSONEq(t, `{"status":"error","errorType":"method_not_allowed","error":"`+method+` is not allowed here: use GET"}`, w.Body.String())
		}
	}
}

func TestAnUnavailableLedgerIsNotReadyButAlive(t *testing.T) {
	b := kept()
	a := over(t, b)
	b.failure = errors.New("no space left on device")
	w := get(t, a, "/-/ready")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.JSONEq(t, `{"status":"error","errorType":"unavailable","error":"no space left on device"}`, w.Body.String())
	require.Equal(t, http.StatusOK, get(t, a, "/-/healthy").Code)
	require.Contains(t, get(t, a, "/api/v1/status").Body.String(), `"ready":false,"reason":"no space left on device"`)
	require.Contains(t, get(t, a, "/").Body.String(), "The ledger does not acknowledge")
}

func TestBeforeTheFirstCollectionThereAreNoFigures(t *testing.T) {
	b := kept()
	b.latest = usage.Collection{}
	a := over(t, b)
	w := get(t, a, "/api/v1/organizations/acme/figures")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "collected at the next whole minute")
	require.Contains(t, get(t, a, "/").Body.String(), "No figures yet")
}

func TestThePageShowsWhatTheLedgerKnows(t *testing.T) {
	a := over(t, kept())
	a.lists(t, `organizations: [{id: acme, name: "Acme <b>& Söhne</b>", timezone: Asia/Kolkata}]`)
	w := get(t, a, "/")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, overview.Page.Policy, w.Header().Get("Content-Security-Policy"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	text := textOf(t, w.Body.String())
	for _, want := range []string{
		"Acme <b>& Söhne</b>", "acme · Asia/Kolkata · Fri 19:35", "last event 1 s ago", "Api calls 9 calls today", "4 – 9 a day",
		"9 counted", "1 late", "older than the ledger accepts", "silent no event yet", "Catalogue 1 organization",
		"http://localhost:4318/v1/logs",
	} {
		require.Contains(t, text, want)
	}

	c := a.Catalogue()
	c.Err, c.Failed = errors.New(`organizations.yaml:1: organizations[0].timezone "Mars": no such zone`), at
	a.Catalogue = func() Catalogue { return c }
	require.Contains(t, textOf(t, get(t, a, "/").Body.String()), `organizations.yaml:1: organizations[0].timezone "Mars"`)
	require.Contains(t, get(t, a, "/api/v1/status").Body.String(), `"valid":false,"error":"organizations.yaml:1: `)
}

// textOf is what is read on a page, with single blanks.
func textOf(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestManyOrganizationsArePagedByNameAndFound(t *testing.T) {
	b := kept()
	nobody := inquiry.Status{ID: usage.NoOrganization}
	nobody.Items[usage.Logs][usage.Invalid] = 1
	b.statuses = []inquiry.Status{nobody}
	for i := range 250 {
		b.statuses = append(b.statuses, inquiry.Status{ID: fmt.Sprintf("org-%03d", i)})
	}
	b.latest.Organizations = nil // none has figures yet
	a := over(t, b)
	a.lists(t, "organizations: [{id: org-200, name: AAA first}]")

	names := func(query string) []string {
		root, err := html.Parse(get(t, a, "/?"+query).Body)
		require.NoError(t, err)
		var out []string
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && n.Data == "h2" {
				out = append(out, n.FirstChild.Data)
			}
		}
		return out
	}
	first := names("")
	require.Len(t, first, 100)
	require.Equal(t, []string{"AAA first", "org-000", "org-001"}, first[:3])
	third := names("page=3")
	require.Len(t, third, 51)
	require.Equal(t, "Items without an organization", third[50])
	require.Equal(t, third, names("page=99"))
	require.Equal(t, first, names("page=-1"))
	require.Equal(t, []string{"AAA first"}, names(url.Values{"q": {" aaa "}}.Encode()))
	require.Len(t, names("q=ORG-01"), 10)
	require.Empty(t, names("q=nobody"))

	b.statuses[0] = inquiry.Status{ID: usage.NoOrganization}
	require.Len(t, names("page=3"), 50, "all items named an organization")
	b.latest = usage.Collection{}
	require.Equal(t, first, names(""), "before the first collection")
}

func TestOrganizationsThatNeedAttentionAreFirst(t *testing.T) {
	b := kept()
	b.statuses, b.latest.Organizations = nil, nil
	for _, o := range []struct {
		id     string
		status float64 // of one of its quotas; the other is under
		silent float64
	}{{"a-well", 1, 0}, {"b-over", 3, 0}, {"c-high", 2, 1}, {"d-silent", 0, 1}, {"e-over", 3, 1}, {"f-well", 0, 0}} {
		figures := []usage.Figure{
			{Series: &usage.Series{Name: "usage_quota_status"}}, {Series: &usage.Series{Name: "usage_quota_status"}, Value: o.status},
			{Series: &usage.Series{Name: "usage_stream_silent"}, Value: o.silent}, {Series: &usage.Series{Name: "usage_quota_used"}, Value: 99},
		}
		b.statuses = append(b.statuses, inquiry.Status{ID: o.id})
		b.latest.Organizations = append(b.latest.Organizations, usage.OrganizationFigures{Organization: o.id, Figures: figures})
	}
	a := over(t, b)
	text := textOf(t, get(t, a, "/").Body.String())
	require.Regexp(t, "b-over.* e-over.* c-high.* d-silent.* a-well.* f-well", text)
}
