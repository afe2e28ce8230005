// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// desk is all that a dispatcher has around it: it keeps rows, makes reports of
// nothing, and everybody can be reached but those at nobody.example.
type desk struct {
	mu   sync.Mutex
	rows map[string][]byte
	full bool
}

func (d *desk) Recall(context.Context, string) (map[string][]byte, error) {
	return maps.Clone(d.rows), nil
}

func (d *desk) Remember(_ context.Context, _ string, rows map[string][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return usage.ErrUnavailable
	}
	maps.Copy(d.rows, rows)
	return nil
}

func (d *desk) Formats(k report.Kind) []string { return reporter.FormatsOf(k) }

func (d *desk) Make(_ context.Context, o dispatch.Order) (*report.Report, []deliver.File, error) {
	return &report.Report{Kind: o.Report, Title: o.Report.Title(), Subject: cmp.Or(o.Organization, "All"), Made: o.At}, nil, nil
}

func (d *desk) Delivered(context.Context, dispatch.Order) error { return nil }

func (d *desk) Takes(to string) error {
	if strings.HasPrefix(to, "https://") {
		return errors.New("calls of webhooks are signed: set reports::webhook::secret")
	}
	return nil
}

func (d *desk) Deliver(_ context.Context, to string, _ *deliver.Message) error {
	if strings.HasSuffix(to, "@nobody.example") {
		return errors.New("mail server: 550")
	}
	return nil
}

// schedules gives an API schedules of acme, and of all.
func (a *API) dispatching(t *testing.T, known func(id string) bool) *desk {
	t.Helper()
	d := &desk{rows: map[string][]byte{}}
	by, err := dispatch.Open(t.Context(), dispatch.Settings{
		Memory: d, Reports: d, Deliverer: d, Logger: zap.NewNop(),
		Periods: func(s schedule.Scope) (schedule.Periods, error) {
			if s.Organization != "" && !known(s.Organization) {
				return schedule.Periods{}, fmt.Errorf("organization %q: unknown", s.Organization)
			}
			return schedule.Periods{Calendars: []*calendar.Calendar{calendar.New(time.UTC, 1)}, Grace: 72 * time.Hour}, nil
		},
	})
	require.NoError(t, err)
	a.Schedules = func() *dispatch.Dispatcher { return by }
	for name, scope := range map[string]schedule.Scope{
		"Monthly bill": {Organization: "acme"}, "Bill of birch": {Organization: "birch"}, "Of north": {Reseller: "north"}, "Of all": {},
	} {
		if scope.Organization != "" && !known(scope.Organization) {
			continue
		}
		_, err := by.Create(t.Context(), schedule.Schedule{
			Name: name, Report: report.Billing, Scope: scope, Formats: []string{"pdf"}, Recipients: []string{"jane@example.com"}, Cadence: "monthly", Enabled: true,
		}, "", at)
		require.NoError(t, err)
	}
	return d
}

// body is the example that the document has for the body of a route, and its
// media type; "": it has none.
func (r *route) body(t *testing.T) (text, kind string) {
	t.Helper()
	content, _, found := openapi().at(t, "paths", r.path(), strings.ToLower(r.method), "requestBody", "content")
	if !found {
		return "", asJSON
	}
	for kind, described := range content.(map[string]any) {
		example := described.(map[string]any)["example"]
		if kind == asForm {
			form := url.Values{}
			for name, value := range example.(map[string]any) {
				list, several := value.([]any)
				if !several {
					list = []any{value}
				}
				for _, one := range list {
					form.Add(name, one.(string))
				}
			}
			return form.Encode(), kind
		}
		text, err := json.Marshal(example)
		require.NoError(t, err)
		return string(text), kind
	}
	t.Fatalf("%s %s: a body of no kind", r.method, r.path())
	return "", ""
}

// send sends a route what it needs.
func send(t *testing.T, a *API, way route, target string, header ...string) answered {
	t.Helper()
	body, kind := way.body(t)
	w := ask(t, a, way.method, target, body, append(slices.Clone(header), "Content-Type", kind)...)
	return answered{w.Code, w.Header(), w.Body.String()}
}

// answered is what a route has answered.
type answered struct {
	code   int
	header http.Header
	body   string
}

const asJSON = "application/json"

func post(t *testing.T, a *API, method, target, body string, header ...string) answered {
	t.Helper()
	w := ask(t, a, method, target, body, append(slices.Clone(header), "Content-Type", asJSON)...)
	return answered{w.Code, w.Header(), w.Body.String()}
}

const bill = `"report": "billing", "organization": "acme ", "formats": ["pdf"], "recipients": ["jane@example.com"], "cadence": "monthly"`

func TestAScheduleIsCreatedReadChangedTriedAndDeleted(t *testing.T) {
	a, _ := guarded(t)
	admin := as("admin of it")
	made := post(t, a, http.MethodPost, "/api/v1/schedules", `{"name": "Bill", `+bill+`}`, admin...)
	require.Equal(t, http.StatusCreated, made.code, made.body)
	require.Equal(t, "/api/v1/schedules/acme-bill", made.header.Get("Location"))
	require.Contains(t, made.body, `"created_by":"username=admin of it"`)
	require.Contains(t, made.body, `"organization":"acme"`, "as the ledger spells it")
	require.Contains(t, made.body, `"enabled":true`)
	require.Contains(t, made.body, `"next":"2026-12-04T06:00:00Z"`)

	var data struct{ Data json.RawMessage }
	require.NoError(t, json.Unmarshal(get(t, a, "/api/v1/schedules/acme-bill", admin...).Body.Bytes(), &data))
	changed := post(t, a, http.MethodPut, "/api/v1/schedules/acme-bill", strings.Replace(string(data.Data), `"jane@example.com"`, `"jane@example.com","x@nobody.example"`, 1), admin...)
	require.Equal(t, http.StatusOK, changed.code, changed.body)

	tried := post(t, a, http.MethodPost, "/api/v1/schedules/acme-bill/test", "", admin...)
	require.Equal(t, http.StatusOK, tried.code)
	require.Contains(t, tried.body, `"state":"delivered"`)
	require.Contains(t, tried.body, `"state":"failed"`)
	require.Contains(t, tried.body, `"error":"mail server: 550"`)
	tried = post(t, a, http.MethodPost, "/api/v1/schedules/acme-bill/test", `{"to": "ops@example.com"}`, admin...)
	require.Contains(t, tried.body, `"recipient":"ops@example.com"`)
	history := get(t, a, "/api/v1/schedules/acme-bill/deliveries", admin...).Body.String()
	require.Equal(t, 3, strings.Count(history, `"test":true`))
	require.Contains(t, post(t, a, http.MethodPost, "/api/v1/schedules/acme-bill/retry", "", admin...).body, `"deliveries":0`)

	require.Equal(t, http.StatusOK, request(t, a, http.MethodDelete, "/api/v1/schedules/acme-bill", admin...).Code)
	require.Equal(t, http.StatusNotFound, get(t, a, "/api/v1/schedules/acme-bill", admin...).Code)
}

func TestBadSchedulesAreRefusedWithKeyValueAndRemedy(t *testing.T) {
	a, _ := guarded(t)
	for want, body := range map[string]string{
		"body: EOF: send one object":                                         "",
		"body: unexpected EOF":                                               "{",
		"body: there is more than one object":                                `{"name": "a"}{}`,
		`body: json: unknown field \"to\"`:                                   `{"to": "jane@example.com"}`,
		`organization \"nobody\": not in the catalogue`:                      `{"name": "Bill", ` + strings.Replace(bill, "acme ", "nobody", 1) + `}`,
		`name: \"\": say what people call it`:                                `{` + bill + `}`,
		`name: \"a\\r\\nBcc: x\": it stands in the subject`:                  `{"name": "a\r\nBcc: x", ` + bill + `}`,
		`cadence: \"hourly\": use daily, weekly`:                             `{"name": "Bill", ` + strings.Replace(bill, "monthly", "hourly", 1) + `}`,
		`recipients[0]: \"https://x.example\": calls of webhooks are signed`: `{"name": "Bill", ` + strings.Replace(bill, "jane@example.com", "https://x.example", 1) + `}`,
		`timezone: \"Berlin\": use an IANA name`:                             `{"name": "Bill", "timezone": "Berlin", ` + bill + `}`,
	} {
		for method, target := range map[string]string{http.MethodPost: "/api/v1/schedules", http.MethodPut: "/api/v1/schedules/acme-monthly-bill"} {
			got := post(t, a, method, target, body, as("admin of all")...)
			require.Equal(t, http.StatusBadRequest, got.code, "%s: %s", method, got.body)
			require.Contains(t, got.body, want)
		}
	}
	got := post(t, a, http.MethodPost, "/api/v1/schedules/acme-monthly-bill/test", `{"to": "nobody"}`, as("admin of all")...)
	require.Equal(t, http.StatusBadRequest, got.code)
	require.Contains(t, got.body, `to: \"nobody\": no e-mail address`)
	require.Len(t, a.Schedules().List(), 4)
}

func TestSchedulesOfOthersAreNotThere(t *testing.T) {
	a, _ := guarded(t)
	list := func(client string) (ids []string) {
		var answer struct{ Data []struct{ ID string } }
		require.NoError(t, json.Unmarshal(get(t, a, "/api/v1/schedules", as(client)...).Body.Bytes(), &answer))
		for _, s := range answer.Data {
			ids = append(ids, s.ID)
		}
		return ids
	}
	require.Equal(t, []string{"acme-monthly-bill", "birch-bill-of-birch", "north-of-north", "of-all"}, list("admin of all"))
	require.Equal(t, []string{"acme-monthly-bill"}, list("admin of it"))
	require.Equal(t, []string{"acme-monthly-bill"}, list("its reseller"), "those on several need to see all")
	require.Equal(t, []string{"birch-bill-of-birch"}, list("viewer of another"))
	require.Contains(t, get(t, a, "/api/v1/schedules?organization=birch", as("admin of all")...).Body.String(), "birch-bill-of-birch")
	require.NotContains(t, get(t, a, "/api/v1/schedules?organization=birch", as("admin of all")...).Body.String(), "acme-monthly-bill")

	for _, way := range a.routes() {
		if !strings.Contains(way.pattern, "{schedule}") {
			continue
		}
		for _, hidden := range []string{"birch-bill-of-birch", "of-all", "north-of-north"} {
			x := send(t, a, way, strings.Replace(way.path(), "{schedule}", hidden, 1), as("admin of it")...)
			y := send(t, a, way, strings.Replace(way.path(), "{schedule}", "zzzz", 1), as("admin of it")...)
			require.Equal(t, y.code, x.code)
			require.Equal(t, strings.ReplaceAll(y.body, "zzzz", hidden), x.body)
		}
	}
	require.Len(t, a.Schedules().List(), 4)
	require.Equal(t, http.StatusOK, request(t, a, http.MethodDelete, "/api/v1/schedules/of-all", as("admin of all")...).Code)
}

func TestNobodyWritesBeyondTheirRights(t *testing.T) {
	a, _ := guarded(t)
	for _, scope := range []string{`"organization": "birch"`, `"reseller": "north"`, `"name": "Bill"`} {
		body := `{"name": "Bill", ` + strings.Replace(bill, `"organization": "acme "`, scope, 1) + `}`
		for method, target := range map[string]string{http.MethodPost: "/api/v1/schedules", http.MethodPut: "/api/v1/schedules/acme-monthly-bill"} {
			got := post(t, a, method, target, body, as("admin of it")...)
			require.Contains(t, []int{http.StatusForbidden, http.StatusBadRequest}, got.code, got.body)
		}
	}
	s, err := a.Schedules().Get("acme-monthly-bill")
	require.NoError(t, err)
	require.Equal(t, "acme", s.Organization)
	require.Len(t, a.Schedules().List(), 4)
}

func TestWhoErasesAnOrganizationErasesItsSchedules(t *testing.T) {
	a, _ := guarded(t)
	require.Equal(t, http.StatusOK, request(t, a, http.MethodDelete, "/api/v1/organizations/acme", as("admin of all")...).Code)
	_, err := a.Schedules().Get("acme-monthly-bill")
	require.ErrorIs(t, err, dispatch.ErrNoSchedule)
}

func TestSchedulesNeedALedger(t *testing.T) {
	a, _ := guarded(t)
	a.Schedules = func() *dispatch.Dispatcher { return nil }
	require.Equal(t, http.StatusServiceUnavailable, get(t, a, "/api/v1/schedules", as("admin of all")...).Code)
	a, _ = guarded(t)
	a.dispatching(t, func(string) bool { return true }).full = true
	got := post(t, a, http.MethodPost, "/api/v1/schedules", `{"name": "Bill", `+bill+`}`, as("admin of all")...)
	require.Equal(t, http.StatusServiceUnavailable, got.code, got.body)
}
