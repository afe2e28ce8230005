// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/plugin/pkg/plugin"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// TestAgainstACollector asks a collector that runs, in the place of Grafana. The
// parts that change its catalogue come last.
func TestAgainstACollector(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, kind := range []string{embedded, prometheus} {
		t.Run(kind, func(t *testing.T) {
			d := open(t, s.settings(kind))
			t.Run("each person sees their organizations", func(t *testing.T) { s.seesTheirOwn(t, d) })
			t.Run("what a browser sends says nothing", func(t *testing.T) { s.ignoresForgery(t, d) })
			t.Run("dashboards", func(t *testing.T) { s.answersDashboards(t, d) })
		})
	}
	t.Run("two people at the store", s.store)
	d := open(t, s.settings(embedded))
	streams := s.follow(t, d)
	t.Run("a changed limit is told", func(t *testing.T) { s.limitChanges(t, d) }) // waits for a minute's figures, as reports would
	t.Run("streams go on", func(t *testing.T) { s.streamed(t, streams) })         // of the same minute
	t.Run("two people at the usage API", s.usageAPI)                              // which has figures by now
	for name, run := range map[string]func(*testing.T, *instance){
		"nobody sees nothing":                    s.nobodySeesNothing,
		"hostile questions":                      s.hostile,
		"frames":                                 s.frames,
		"annotations":                            s.annotations,
		"reports come in every format":           s.reportsCome,
		"who was counted, and why":               s.users,
		"schedules are kept by who may":          s.schedules,
		"the check of the chain of who may see":  s.healthy,
		"variables in the words of dashboards":   s.variables,
		"a long answer comes in parts and whole": s.longAnswer,
	} {
		t.Run(name, func(t *testing.T) { run(t, d) })
	}
	t.Run("alert rules ask for whom the settings name", s.alerting)
	t.Run("pages", s.pages)
	t.Run("loading", s.loading)
	t.Run("by keyboard", s.byKeyboard)
	t.Run("set up", s.setUp)
	t.Run("a right that is taken away is gone", func(t *testing.T) { s.rightsEnd(t, d) })
	require.NotContains(t, s.Log(t), token)
}

var everyOrganization = []string{"acme", "brightpost", "kaveri", "learnwell", "nordhafen", "tasman"}

func (s *server) seesTheirOwn(t *testing.T, d *instance) {
	for _, of := range []struct {
		user *backend.User
		sees []string
	}{{operator, nil}, {jane, []string{"acme", "brightpost", "nordhafen"}}, {admin, []string{"acme"}}, {idle, []string{}}} {
		t.Run(of.user.Login, func(t *testing.T) {
			sees := of.sees
			if sees == nil {
				sees = textsOf(t, d.call(t, call{user: operator, method: http.MethodPost, path: "variable", body: variableBody("label_values(usage_organization_info, organization)")}).body)
				require.Greater(t, len(sees), 3)
				require.Subset(t, sees, []string{"acme", "nordhafen", "learnwell"})
			}
			same := func(got []string, what string) { t.Helper(); require.ElementsMatch(t, sees, got, what) }
			for _, query := range []map[string]any{
				{"expr": "usage_organization_info", "instant": true},
				{"expr": "usage_organization_info", "range": true},
				{"expr": "last_over_time(usage_organization_info[$__interval])", "range": true, "interval": "1h"},
				{"expr": `group by (organization) ({__name__=~"usage_.+", organization!~"|__none__"})`, "instant": true, "format": "table"},
				{"expr": `usage_organization_info{organization=~".*"} or usage_organization_info`, "instant": true},
			} {
				same(organizationsIn(t, d.askOne(t, of.user, nil, s.now(), query)), fmt.Sprint(query))
			}
			same(textsOf(t, d.call(t, call{user: of.user, method: http.MethodPost, path: "variable", body: variableBody(`label_values(usage_organization_info{organization!=""}, organization)`)}).body), "label_values")
			var c struct{ Organizations []struct{ Name string } }
			require.NoError(t, json.Unmarshal([]byte(d.call(t, call{user: of.user, path: "choices"}).body), &c))
			var ids []string
			for _, o := range c.Organizations {
				ids = append(ids, o.Name)
			}
			same(ids, "choices")
			var list struct{ Data []struct{ ID string } }
			require.NoError(t, json.Unmarshal([]byte(d.call(t, call{user: of.user, path: "organizations"}).body), &list))
			ids = nil
			for _, o := range list.Data {
				ids = append(ids, o.ID)
			}
			same(ids, "organizations")
			for _, id := range everyOrganization {
				path := "users?organization=" + id + "&window=month"
				want := http.StatusNotFound
				if slices.Contains(sees, id) {
					want = http.StatusOK
				}
				require.Equal(t, want, d.call(t, call{user: of.user, path: path}).status, path)
			}
		})
	}
}

func variableBody(query string) string {
	now := time.Now()
	text, err := json.Marshal(map[string]any{"query": query, "from": now.Add(-6 * time.Hour), "to": now})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// ignoresForgery asks each way twice as jane: with headers that name the operator
// or pretend to be somebody, and without.
func (s *server) ignoresForgery(t *testing.T, d *instance) {
	within := s.now()
	query := map[string]any{"expr": "usage_organization_info", "instant": true}
	require.Equal(t, asJSON(t, d.askOne(t, jane, nil, within, query)), asJSON(t, d.askOne(t, jane, forged, within, query)))
	for _, c := range []call{
		{path: "access"}, {path: "organizations"}, {path: "choices"}, {path: "schedules"}, {path: "users?organization=learnwell&window=month"},
		{method: http.MethodPost, path: "variable", body: variableBody("label_values(organization)")},
		{path: "access?Usage-On-Behalf-Of=email%3Doperator%40example.com"},
	} {
		c.user = jane
		plain := d.call(t, c)
		c.headers = forged
		require.Equal(t, plain, d.call(t, c), c.path)
		require.NotContains(t, plain.body, "learnwell\"", c.path)
		for _, nobody := range []*backend.User{nil, {Login: "anonymous"}} {
			c.user = nobody
			require.Equal(t, http.StatusForbidden, d.call(t, c).status, c.path)
		}
	}
}

func (s *server) nobodySeesNothing(t *testing.T, d *instance) {
	query := map[string]any{"expr": "usage_organization_info", "instant": true}
	for name, of := range map[string]struct {
		user *backend.User
		says string
	}{
		"no user":            {nil, "sign in"},
		"anonymous":          {&backend.User{}, "sign in"},
		"without an address": {&backend.User{Login: "operator", Name: "operator@example.com", Role: "Admin"}, "sign in"},
		"alert rules":        {&backend.User{Login: scheduler, Role: "Admin"}, "alerting"},
		"not in catalogue":   {stranger, "none of the catalogue's principals gives the person a right"},
		"other spelling":     {&backend.User{Email: "Jane@example.com"}, "none of the catalogue's principals"},
		"two in one":         {&backend.User{Email: "stranger@example.com,email=operator@example.com"}, "none of the catalogue's principals"},
		"a line more":        {&backend.User{Email: "stranger@example.com\r\nUsage-On-Behalf-Of: email=operator@example.com"}, "none of the catalogue's principals"},
		"escaped":            {&backend.User{Email: "operator%40example.com"}, "none of the catalogue's principals"},
	} {
		r := d.askOne(t, of.user, forged, s.now(), query)
		require.ErrorContains(t, r.Error, of.says, name)
		require.Equal(t, backend.Status(http.StatusForbidden), r.Status, name)
		require.Empty(t, r.Frames, name)
		for _, path := range []string{"access", "organizations", "choices", "report?kind=usage-summary"} {
			got := d.call(t, call{user: of.user, path: path, headers: forged})
			require.Equal(t, http.StatusForbidden, got.status, "%s: %s", name, path)
			require.Contains(t, got.body, of.says, name)
			require.NotContains(t, got.body, "acme")
		}
	}
}

func (s *server) hostile(t *testing.T, d *instance) {
	for _, expr := range []string{
		`usage_organization_info{organization="learnwell"}`, `usage_organization_info{organization=~"learnwell|acme"}`, `{organization="learnwell"}`,
		`usage_organization_info or {"usage_organization_info", "organization"="learnwell"}`, `usage_organization_info unless on () vector(1) or usage_organization_info{organization!~"acme"}`,
		`label_replace(usage_organization_info{organization="learnwell"}, "organization", "acme", "", "")`,
		`count_over_time(usage_organization_info{organization="learnwell"}[1h:1m] @ end())`, `usage_organization_info{organization=""}`,
	} {
		r := d.askOne(t, jane, nil, s.now(), map[string]any{"expr": expr, "instant": true})
		require.NotContains(t, asJSON(t, r), "Learnwell", expr)
		require.NotContains(t, organizationsIn(t, r), "learnwell", expr)
	}
	for _, expr := range []string{`usage_organization_info{`, `info(usage_organization_info)`, `a} or usage_organization_info{organization="learnwell"`, `usage_organization_info}`} {
		r := d.askOne(t, jane, nil, s.now(), map[string]any{"expr": expr, "instant": true})
		require.Equal(t, backend.Status(http.StatusBadRequest), r.Status, expr)
		require.ErrorContains(t, r.Error, "PromQL", expr)
	}
	for _, query := range []string{
		`label_values({organization="learnwell"}, name)`, `label_values({organization=~".+", organization!~"acme|brightpost|nordhafen"}, name)`, `query_result(usage_organization_info{organization="learnwell"})`,
		`label_names({organization="learnwell"})`, `usage_organization_info{name=~"Learn.*"}`,
	} {
		got := d.call(t, call{user: jane, method: http.MethodPost, path: "variable", body: variableBody(query)})
		require.Equal(t, http.StatusOK, got.status, query)
		require.Equal(t, "[]", strings.TrimSpace(got.body), query)
	}
	for path, status := range map[string]int{
		"users?organization=learnwell&window=month":                         http.StatusNotFound,
		"users?organization=acme/../learnwell&window=month":                 http.StatusNotFound,
		"users?organization=acme%2F..%2Flearnwell&window=month":             http.StatusNotFound,
		"users?organization=..%2F..%2Fbackup&window=month":                  http.StatusNotFound,
		"users?organization=..&window=month":                                http.StatusNotFound,
		"users?organization=acme&organization=learnwell&window=month":       http.StatusBadRequest,
		"users?window=month":                                                http.StatusBadRequest,
		"users?organization=acme&window=month&all=yes":                      http.StatusBadRequest,
		"report?kind=..%2Fbackup":                                           http.StatusBadRequest,
		"report?kind=usage-summary&organization=learnwell":                  http.StatusNotFound,
		"explain?organization=learnwell&meter=active_learners&window=month": http.StatusNotFound,
		"choices?organization=learnwell":                                    http.StatusOK,
		"backup":                                                            http.StatusNotFound,
		"api/v1/query?query=up":                                             http.StatusNotFound,
		"../access":                                                         http.StatusTemporaryRedirect,
		"catalogue/accept":                                                  http.StatusNotFound,
	} {
		got := d.call(t, call{user: jane, path: path})
		require.Equal(t, status, got.status, "%s: %s", path, got.body)
		require.NotContains(t, got.body, "Learnwell", path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, d.call(t, call{user: operator, method: http.MethodDelete, path: "organizations"}).status)
}

func (s *server) frames(t *testing.T, d *instance) {
	within := s.now()
	r := d.askOne(t, jane, nil, within, map[string]any{"expr": `usage_quota_limit{organization="acme"}`, "range": true, "legendFormat": "{{meter}} by {{ window }}"})
	require.NoError(t, r.Error)
	require.Len(t, r.Frames, 2)
	names := []string{}
	for _, f := range r.Frames {
		names = append(names, f.Name)
		require.Equal(t, data.FrameTypeTimeSeriesMulti, f.Meta.Type)
		require.Equal(t, []string{"Time", "Value"}, []string{f.Fields[0].Name, f.Fields[1].Name})
		require.Equal(t, data.FieldTypeTime, f.Fields[0].Type())
		require.Equal(t, "acme", f.Fields[1].Labels["organization"])
		require.Equal(t, f.Name, f.Fields[1].Config.DisplayNameFromDS)
		require.InDelta(t, 60_000, f.Fields[0].Config.Interval, 0)
		require.Positive(t, f.Rows())
	}
	require.ElementsMatch(t, []string{"transcription_minutes by cycle", "workspace_users by month"}, names)

	r = d.askOne(t, jane, nil, within, map[string]any{"expr": `usage_quota_limit{organization="acme", meter="workspace_users"}`, "instant": true})
	require.Equal(t, data.FrameTypeNumericMulti, r.Frames[0].Meta.Type)
	require.Equal(t, `usage_quota_limit{meter="workspace_users", organization="acme", window="month"}`, r.Frames[0].Name)
	require.InDelta(t, 451, r.Frames[0].Fields[1].At(0), 0)

	both := d.askAll(t, jane, nil, within, map[string]map[string]any{
		"A": {"expr": `usage_quota_limit{organization="acme"}`, "instant": true, "format": "table"},
		"B": {"expr": `sum by (meter) (usage_quota_used{organization="acme"})`, "instant": true, "format": "table"},
		"C": {"expr": `nothing_of_this_name`, "instant": true, "format": "table"},
	})
	require.Equal(t, []string{"Time", "__name__", "meter", "organization", "window", "Value #A"}, fieldsOf(both["A"].Frames[0]))
	require.Equal(t, []string{"Time", "meter", "Value #B"}, fieldsOf(both["B"].Frames[0]))
	require.Empty(t, both["C"].Frames[0].Fields, "so that a panel says why")
	require.Equal(t, 2, both["A"].Frames[0].Rows())

	scalar := d.askOne(t, jane, nil, within, map[string]any{"expr": `scalar(vector(2)) * $__range_s`, "instant": true, "legendFormat": "__auto"})
	require.NoError(t, scalar.Error)
	require.InDelta(t, 2*6*3600, scalar.Frames[0].Fields[1].At(0), 0)
	require.Equal(t, "scalar(vector(2)) * 21600", scalar.Frames[0].Name)
	text := d.askOne(t, jane, nil, within, map[string]any{"expr": `"text"`, "instant": true})
	require.Error(t, text.Error)
	require.Empty(t, d.askOne(t, jane, nil, within, map[string]any{"expr": " "}).Frames)
	wrong := d.askOne(t, jane, nil, within, map[string]any{"expr": "up", "interval": "soon"})
	require.ErrorContains(t, wrong.Error, `min step: "soon"`)
}

func fieldsOf(f *data.Frame) (names []string) {
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

func (s *server) variables(t *testing.T, d *instance) {
	ask := func(query string) []string {
		got := d.call(t, call{user: jane, method: http.MethodPost, path: "variable", body: variableBody(query)})
		require.Equal(t, http.StatusOK, got.status, got.body)
		return textsOf(t, got.body)
	}
	require.Equal(t, []string{"acme", "brightpost", "nordhafen"}, ask("label_values(usage_organization_info, organization)"))
	require.Equal(t, []string{"transcription_minutes", "workspace_users"}, ask(`label_values(usage_quota_limit{organization="acme"}, meter)`))
	require.Contains(t, ask("label_names()"), "organization")
	require.Contains(t, ask("metrics(usage_quota_.*)"), "usage_quota_limit")
	require.NotContains(t, ask("metrics(usage_quota_.*)"), "usage_active_users")
	results := ask(`query_result(sort_desc(usage_quota_limit{organization="acme"}))`)
	require.Len(t, results, 2)
	require.Regexp(t, `^usage_quota_limit\{meter="transcription_minutes",organization="acme",window="cycle"\} 18000 \d{13}$`, results[0])
	require.Empty(t, ask(""))
	require.Equal(t, http.StatusBadRequest, d.call(t, call{user: jane, method: http.MethodPost, path: "variable", body: variableBody("metrics(()")}).status)
	require.Equal(t, http.StatusBadRequest, d.call(t, call{user: jane, method: http.MethodPost, path: "variable", body: "{"}).status)
}

func (s *server) annotations(t *testing.T, d *instance) {
	now := time.Now()
	within := backend.TimeRange{From: now.AddDate(0, -2, 0), To: now}
	closed := d.askOne(t, jane, nil, within, map[string]any{"kind": closedPeriods, "organizations": []string{"acme"}, "meter": "workspace_users"})
	require.NoError(t, closed.Error)
	require.Equal(t, []string{"time", "timeEnd", "title", "text", "tags"}, fieldsOf(closed.Frames[0]))
	require.Positive(t, closed.Frames[0].Rows())
	require.Equal(t, "Workspace users: period closed", closed.Frames[0].At(2, 0))
	require.Regexp(t, `^Month of acme from \d{4}-\d{2}-01: \d+, closed on `, closed.Frames[0].At(3, 0))
	for _, kind := range []string{changedDefinitions, changedLimits, firedAlerts} {
		r := d.askOne(t, jane, nil, within, map[string]any{"kind": kind, "organizations": []string{"acme"}, "interval": "1h"})
		require.NoError(t, r.Error, kind)
		require.NotContains(t, asJSON(t, r), "learnwell")
	}
	refused := d.askOne(t, jane, nil, within, map[string]any{"kind": closedPeriods, "organizations": []string{"learnwell"}})
	require.Equal(t, backend.Status(http.StatusNotFound), refused.Status)
	require.ErrorContains(t, d.askOne(t, jane, nil, within, map[string]any{"kind": closedPeriods}).Error, "choose an organization")
	require.ErrorContains(t, d.askOne(t, jane, nil, within, map[string]any{"kind": "x"}).Error, `kind "x"`)
}

func (s *server) reportsCome(t *testing.T, d *instance) {
	begins := map[string]string{"pdf": "%PDF", "xlsx": "PK", "csv": "", "json": "{", "ndjson": "{", "html": "<!", "focus": ""}
	for format, begin := range begins {
		got := d.call(t, call{user: jane, path: "report?kind=billing&organization=acme&period=current&format=" + format})
		require.Equal(t, http.StatusOK, got.status, got.body)
		require.True(t, strings.HasPrefix(strings.TrimPrefix(got.body, "\ufeff"), begin), format)
		require.NotEmpty(t, got.headers["Content-Disposition"], format)
		require.Equal(t, []string{"sandbox"}, got.headers["Content-Security-Policy"], format)
	}
	for _, user := range []*backend.User{operator, jane} {
		got := d.call(t, call{user: user, path: "report?kind=usage-summary&period=current"})
		require.Equal(t, http.StatusOK, got.status)
		require.Equal(t, user == operator, strings.Contains(got.body, "Learnwell"))
	}
}

func (s *server) users(t *testing.T, d *instance) {
	got := d.call(t, call{user: jane, path: "users?organization=acme&meter=workspace_users&window=month&period=current&limit=5"})
	require.Equal(t, http.StatusOK, got.status, got.body)
	var list struct {
		Data struct {
			Users []struct {
				ID     string
				Meters []struct {
					Meter, Class string
					First        *struct{ Action string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(got.body), &list))
	require.Len(t, list.Data.Users, 5)
	user := list.Data.Users[0].ID
	require.NotEmpty(t, user)
	why := d.call(t, call{user: jane, path: "explain?organization=acme&meter=workspace_users&window=month&user=" + user})
	require.Equal(t, http.StatusOK, why.status, why.body)
	require.Contains(t, why.body, `"verdict":`)
}

func (s *server) schedules(t *testing.T, d *instance) {
	const body = `{"name":"Bill of Acme","report":"billing","organization":"acme","formats":["csv"],"recipients":["directory"],"cadence":"monthly"}`
	require.Equal(t, http.StatusForbidden, d.call(t, call{user: jane, method: http.MethodPost, path: "schedules", body: body}).status)
	made := d.call(t, call{user: admin, method: http.MethodPost, path: "schedules", body: body})
	require.Equal(t, http.StatusCreated, made.status, made.body)
	var schedule struct{ Data struct{ ID string } }
	require.NoError(t, json.Unmarshal([]byte(made.body), &schedule))
	id := schedule.Data.ID
	require.Contains(t, d.call(t, call{user: jane, path: "schedules"}).body, id, "a csm looks at those of an organization")
	require.Equal(t, http.StatusForbidden, d.call(t, call{user: jane, method: http.MethodPost, path: "schedule/test?schedule=" + id}).status)
	sent := d.call(t, call{user: admin, method: http.MethodPost, path: "schedule/test?schedule=" + id, body: "{}"})
	require.Equal(t, http.StatusOK, sent.status, sent.body)
	require.Contains(t, sent.body, `"state":"delivered"`)
	files, err := filepath.Glob(filepath.Join(s.reports, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	require.Contains(t, d.call(t, call{user: jane, path: "deliveries?schedule=" + id}).body, `"test":true`)
	changed := d.call(t, call{user: admin, method: http.MethodPut, path: "schedule?schedule=" + id, body: strings.Replace(body, "Bill of", "Bills of", 1)})
	require.Contains(t, changed.body, `"name":"Bills of Acme"`)
	require.Equal(t, http.StatusForbidden, d.call(t, call{user: jane, method: http.MethodDelete, path: "schedule?schedule=" + id}).status)
	require.Equal(t, http.StatusOK, d.call(t, call{user: admin, method: http.MethodDelete, path: "schedule?schedule=" + id}).status)
	require.NotContains(t, d.call(t, call{user: jane, path: "schedules"}).body, id)
}

func (s *server) longAnswer(t *testing.T, d *instance) {
	got := d.call(t, call{user: operator, path: "users?organization=learnwell&window=month&format=csv"})
	require.Equal(t, http.StatusOK, got.status)
	whole, _ := collector.Get(t, "http://"+s.API+"/-/healthy")
	require.Equal(t, http.StatusOK, whole)
	require.Greater(t, strings.Count(got.body, "\n"), 100)
	require.True(t, strings.HasSuffix(got.body, "\n"), "to the end of the last line")
}

func (s *server) healthy(t *testing.T, d *instance) {
	for user, says := range map[*backend.User]string{operator: "you see all organizations", jane: "you see 3 organizations", admin: "you see acme"} {
		r := d.health(t, user)
		require.Equal(t, backend.HealthStatusOk, r.Status, r.Message)
		require.Contains(t, string(r.JSONDetails), says)
	}
	for user, says := range map[*backend.User]string{nil: "sign in", stranger: "None of the catalogue's principals", idle: "no organization is yours"} {
		r := d.health(t, user)
		require.Equal(t, backend.HealthStatusError, r.Status)
		require.Contains(t, strings.ToLower(r.Message), strings.ToLower(says))
		require.Contains(t, string(r.JSONDetails), "skipped")
	}
}

func (d *instance) health(t *testing.T, user *backend.User) *backend.CheckHealthResult {
	t.Helper()
	r, err := d.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: backend.PluginContext{User: user, PluginID: plugin.ID}, Headers: forged})
	require.NoError(t, err)
	return r
}

func (s *server) alerting(t *testing.T) {
	settings := s.settings(embedded)
	settings.JSONData = []byte(strings.Replace(string(settings.JSONData), `"alertingEmail":""`, `"alertingEmail":"jane@example.com"`, 1))
	d := open(t, settings)
	query := map[string]any{"expr": "usage_organization_info", "instant": true}
	require.Equal(t, []string{"acme", "brightpost", "nordhafen"}, organizationsIn(t, d.askOne(t, &backend.User{Login: scheduler, Role: "Admin"}, map[string]string{"FromAlert": "true"}, s.now(), query)))
	for _, user := range []*backend.User{nil, {}, {Login: "someone"}} {
		require.ErrorContains(t, d.askOne(t, user, map[string]string{"FromAlert": "true"}, s.now(), query).Error, "sign in")
	}
}

// answersDashboards asks every query of the six dashboards as an operator and as
// jane, with all that variables may choose.
func (s *server) answersDashboards(t *testing.T, d *instance) {
	files, err := filepath.Glob(filepath.Join(collector.Root(t), "dashboards", "json", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 6)
	variables := strings.NewReplacer("$reseller", ".*", "=\"$organization\"", "=~\".*\"", "$organization", ".*", "=\"$meter\"", "=~\".*\"", "$meter", ".*", "=\"$window\"", "=~\".*\"", "$window", ".*")
	within := backend.TimeRange{From: time.Now().Add(-48 * time.Hour), To: time.Now().Truncate(time.Minute)}
	answered := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, query := range queriesIn(t, text) {
			query["expr"] = variables.Replace(query["expr"].(string))
			for _, user := range []*backend.User{operator, jane} {
				r := d.askOne(t, user, nil, within, query)
				if r.Error != nil && strings.Contains(r.Error.Error(), "many-to-many") || r.Error != nil && strings.Contains(r.Error.Error(), "duplicate") {
					continue // of one meter, window and organization, and asked of all here
				}
				require.NoError(t, r.Error, "%s: %s", filepath.Base(file), query["expr"])
				if user == jane {
					require.NotContains(t, organizationsIn(t, r), "learnwell")
				}
				answered++
			}
		}
	}
	require.Greater(t, answered, 200)
}

// queriesIn are the targets of a dashboard's panels.
func queriesIn(t *testing.T, text []byte) (queries []map[string]any) {
	t.Helper()
	var whole any
	require.NoError(t, json.Unmarshal(text, &whole))
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if expr, ok := v["expr"].(string); ok && !strings.ContainsAny(expr, "\x00") && !dashboardVariable(expr) {
				queries = append(queries, v)
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(whole)
	return queries
}

// dashboardVariable reports whether a query has a variable that is not filled in
// here: a name of a meter of some other kind.
func dashboardVariable(expr string) bool {
	rest := strings.NewReplacer("$__", "", "$reseller", "", "$organization", "", "$meter", "", "$window", "", "$1", "", "$2", "").Replace(expr)
	return strings.Contains(rest, "$")
}

// follow subscribes people to the stream of a query each, as Grafana does.
func (s *server) follow(t *testing.T, d *instance) map[*backend.User]*packets {
	t.Helper()
	streams := map[*backend.User]*packets{operator: {}, jane: {}}
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { leave(); running.Wait() })
	for user, sent := range streams {
		r := d.askOne(t, user, forged, s.now(), map[string]any{"expr": "usage_organization_info", "range": true, "live": true})
		require.NoError(t, r.Error)
		var meta struct {
			Live struct {
				Path string
				Data json.RawMessage
			}
		}
		require.NoError(t, json.Unmarshal([]byte(asJSON(t, r.Frames[0].Meta.Custom)), &meta))
		from := backend.PluginContext{User: user, PluginID: plugin.ID}
		for other, status := range map[*backend.User]backend.SubscribeStreamStatus{
			user: backend.SubscribeStreamStatusOK, stranger: backend.SubscribeStreamStatusPermissionDenied, nil: backend.SubscribeStreamStatusPermissionDenied, idle: backend.SubscribeStreamStatusPermissionDenied,
		} {
			got, err := d.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{PluginContext: backend.PluginContext{User: other}, Path: meta.Live.Path, Data: meta.Live.Data, Headers: forged})
			require.NoError(t, err)
			require.Equal(t, status, got.Status)
		}
		running.Go(func() {
			request := &backend.RunStreamRequest{PluginContext: from, Path: meta.Live.Path, Data: meta.Live.Data, Headers: forged}
			sent.end(d.RunStream(ctx, request, backend.NewStreamSender(sent)))
		})
	}
	return streams
}

// streamed waits for what streams send of the next minute.
func (s *server) streamed(t *testing.T, streams map[*backend.User]*packets) {
	for user, sees := range map[*backend.User][]string{operator: everyOrganization, jane: {"acme", "brightpost", "nordhafen"}} {
		s.Within(t, 150*time.Second, func() error {
			frames, err := streams[user].got()
			require.NoError(t, err)
			if len(frames) == 0 {
				return errors.New("nothing has come yet")
			}
			require.Equal(t, sees, organizationsIn(t, backend.DataResponse{Frames: frames[:1]}), user.Login)
			return nil
		})
	}
}

func (s *server) limitChanges(t *testing.T, d *instance) {
	s.change(t, "workspace_users: {limit: 450,", "workspace_users: {limit: 451,")
	s.Within(t, 150*time.Second, func() error {
		now := time.Now()
		r := d.askOne(t, jane, nil, backend.TimeRange{From: now.Add(-30 * time.Minute), To: now}, map[string]any{"kind": changedLimits, "organizations": []string{"acme", "nordhafen"}})
		require.NoError(t, r.Error)
		if r.Frames[0].Rows() == 0 {
			return fmt.Errorf("no limit has changed yet")
		}
		require.Equal(t, "Workspace users: limit changed", r.Frames[0].At(2, 0))
		require.Equal(t, "Limit of acme by month: 451, before 450", r.Frames[0].At(3, 0))
		return nil
	})
}

// rightsEnd takes nordhafen from jane. What is asked of the usage API she has no
// more when the file is in force; a store may still show it for half a minute
// (TestRightsAreAskedForAnew).
func (s *server) rightsEnd(t *testing.T, d *instance) {
	query := map[string]any{"expr": "usage_organization_info", "instant": true}
	require.Equal(t, []string{"acme", "brightpost", "nordhafen"}, organizationsIn(t, d.askOne(t, jane, nil, s.now(), query)))
	s.change(t, "jane@example.com]\n    client_id: \"1057\"", "ravi@example.com]\n    client_id: \"1057\"")
	s.Eventually(t, func() error {
		if status := d.call(t, call{user: jane, path: "users?organization=nordhafen&window=month"}).status; status != http.StatusNotFound {
			return fmt.Errorf("jane is still answered %d", status)
		}
		return nil
	})
	require.Equal(t, []string{"acme", "brightpost"}, organizationsIn(t, open(t, s.settings(embedded)).askOne(t, jane, nil, s.now(), query)))
}
