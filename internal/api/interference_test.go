// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const meters = `
grace: 1h
meters:
  api_calls: {type: consumption, actions: [api.called], windows: [day, month], breakdowns: {language: {attribute: language}}}
  members: {type: active_users, actions: [api.called], windows: [day, 30d]}
`

// customer is an organization of the ledger, and how many items each of three
// days has of it.
type customer struct {
	id, entry string
	items     int
}

var customers = []customer{
	{"acme", "{id: acme, name: Acme GmbH, reseller: north, csm: [jane], timezone: Europe/Berlin, quotas: {api_calls: {limit: 10, window: month}}}", 7},
	{"birch", "{id: birch, reseller: north, timezone: America/New_York}", 3},
	{"cedar/sea", "{id: cedar/sea, csm: [jane, ravi], meters: [members]}", 0},
	{"damson", "{id: damson, reseller: south, csm: [ravi]}", 12},
	{"unlisted", "", 2},
	{usage.NoOrganization, "", 1},
}

// principals have rights to a part of the customers each.
const principals = `
principals:
  - {claim: username, value: jane, role: csm}
  - {claim: username, value: north, role: viewer, resellers: [north]}
  - {claim: username, value: acme, role: admin, organizations: [acme]}
  - {claim: username, value: loner, role: admin, organizations: [unlisted, damson]}
  - {claim: username, value: none, role: viewer, organizations: [elsewhere]}
`

var seenBy = map[string][]string{"jane": {"acme", "cedar/sea"}, "north": {"acme", "birch"}, "acme": {"acme"}, "loner": {"damson", "unlisted"}, "none": nil}

// lived returns an API over a ledger that some customers have used for three
// days.
func lived(t *testing.T, among func(id string) bool) *API {
	t.Helper()
	section := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(meters), &section))
	d, err := definition.FromMap(section)
	require.NoError(t, err)
	x, err := d.Extraction()
	require.NoError(t, err)
	entries := []string{"organizations:"}
	for _, c := range customers {
		if among(c.id) && c.entry != "" {
			entries = append(entries, "  - "+c.entry)
		}
	}
	listed, err := catalogue.Parse([]byte(strings.Join(entries, "\n") + principals))
	require.NoError(t, err)
	settings := d.Settings(x)
	settings.Directory, settings.FS, settings.Catalogue = "ledger", vfs.NewMem(), listed
	now := at.AddDate(0, 0, -3)
	l, err := ledger.Open(settings, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close(t.Context())) })
	extractor, err := extract.New(l.Extraction())
	require.NoError(t, err)
	for ; !now.After(at); now = now.AddDate(0, 0, 1) {
		for _, c := range customers {
			if !among(c.id) {
				continue
			}
			logs := plog.NewLogs()
			records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
			for i := range c.items {
				r := records.AppendEmpty()
				r.SetEventName("api.called")
				r.SetTimestamp(pcommon.NewTimestampFromTime(now))
				r.Attributes().PutStr("user.id", fmt.Sprintf("user %d", i))
				r.Attributes().PutStr("language", c.id)
				if c.id != usage.NoOrganization {
					r.Attributes().PutStr("organization.id", c.id)
				}
			}
			var batch usage.Batch
			extractor.Logs(logs, "", &batch)
			require.NoError(t, l.Record(t.Context(), now, &batch))
		}
		_, err := l.Collect(t.Context(), now)
		require.NoError(t, err)
	}
	a := &API{
		Open:      func() (Book, error) { return l, nil },
		Catalogue: func() Catalogue { return Catalogue{Catalogue: listed, Path: "/etc/organizations.yaml", Loaded: at} },
		Collector: func() Collector {
			return Collector{OTLP: "http://localhost:4318", Warnings: []string{"a doubt"}}
		},
		Logger: zap.NewNop(),
		Now:    func() time.Time { return at },
		Gate:   admission.Gate{Authenticate: named, Challenge: "Basic"},
	}
	a.dispatching(t, among)
	return a
}

// pseudonyms have a secret of the ledger in them.
var pseudonyms = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// TestAnswersAreThoseOfALedgerWithoutTheOthers asks each route for everything,
// over a ledger of all customers and over one of those that a client may see.
// The answers have to be the same in each byte.
func TestAnswersAreThoseOfALedgerWithoutTheOthers(t *testing.T) {
	for client, theirs := range seenBy {
		t.Run(client, func(t *testing.T) {
			all := lived(t, func(string) bool { return true })
			own := lived(t, func(id string) bool { return slices.Contains(theirs, id) })
			seen := 0
			sameOf := func(method, target, text, kind string) {
				header := append(as(client), "Content-Type", kind)
				x, y := ask(t, all, method, target, text, header...), ask(t, own, method, target, text, header...)
				require.Equal(t, y.Code, x.Code, "%s %s", method, target)
				require.Equal(t, y.Header(), x.Header(), "%s %s", method, target)
				require.Equal(t, pseudonyms.ReplaceAllString(y.Body.String(), "p"), pseudonyms.ReplaceAllString(x.Body.String(), "p"), "%s %s", method, target)
				if x.Code == http.StatusOK && strings.Contains(target, "organizations/") {
					seen++
				}
			}
			same := func(method, target string) { sameOf(method, target, "", asJSON) }
			var changes []route // last, since what they change is no longer there
			for _, way := range all.routes() {
				if way.method != http.MethodGet {
					changes = append(changes, way)
					continue
				}
				queries := append([]string{""}, way.query...)
				for _, id := range []string{"acme", "birch", "cedar/sea", "damson", "unlisted", usage.NoOrganization, "nowhere"} {
					for _, parameter := range queries {
						same(way.method, way.target(t, id, parameter))
					}
				}
			}
			same(http.MethodGet, "/?q=a")
			same(http.MethodGet, "/?q=damson")
			for _, id := range []string{"acme-monthly-bill", "birch-bill-of-birch", "north-of-north", "of-all", "none"} {
				same(http.MethodGet, "/schedules?schedule="+id)
				for _, do := range []string{"change", "enable", "test", "delete"} {
					sameOf(http.MethodPost, "/schedules", "do="+do+"&schedule="+id, asForm)
				}
			}
			same(http.MethodGet, "/api/v1/organizations/acme/figures?at=2026-11-19T00:00:00%2B01:00")
			for _, kind := range report.Kinds {
				for _, of := range []string{"", "about=acme", "about=birch", "about=a", "about=damson", "about=damso", "reseller=north", "reseller=south"} {
					same(http.MethodGet, "/reports?kind="+string(kind)+"&period=this-month&"+of)
				}
				path := "/api/v1/reports/" + string(kind) + "?period="
				for _, format := range reporter.FormatsOf(kind) {
					if format != "pdf" && format != "xlsx" { // the same cells, and the moment
						same(http.MethodGet, path+"current&format="+format)
					}
				}
				for _, of := range []string{"", "&reseller=north", "&reseller=south", "&organization=acme", "&organization=damson"} {
					same(http.MethodGet, path+"current"+of)
					same(http.MethodGet, path+"2026-11-18"+of)
				}
			}
			require.Equal(t, len(theirs) > 0, seen > 0)
			for _, way := range changes {
				for _, c := range customers {
					body, kind := way.body(t)
					sameOf(way.method, way.target(t, c.id), body, kind)
				}
			}
			same(http.MethodGet, "/api/v1/organizations")
		})
	}
}
