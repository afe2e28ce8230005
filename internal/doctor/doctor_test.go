// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const config = `
lifecycle: {registered: [user.registered]}
meters:
  members: {type: active_users, actions: [app.opened], windows: [month]}
  minutes: {type: consumption, actions: [transcribed], value: minutes, unit: min, windows: [month]}
  calls: {type: consumption, actions: [api.calls], windows: [month]}
`

var arrived = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// event is a log record: who, what, and when before its arrival.
type event struct {
	organization, user, action string
	age                        time.Duration
	uid                        string
	minutes                    string
	at                         int64 // in place of age, if not 0
}

func examine(t *testing.T, n usage.Normalization, events ...event) *Report {
	t.Helper()
	e, x := exam(t, n)
	for _, of := range events {
		logs := plog.NewLogs()
		r := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		r.SetEventName(of.action)
		r.SetTimestamp(pcommon.NewTimestampFromTime(arrived.Add(-of.age)))
		if of.at != 0 {
			r.SetTimestamp(pcommon.Timestamp(of.at))
		}
		for name, value := range map[string]string{"organization.id": of.organization, "user.id": of.user, "log.record.uid": of.uid, "minutes": of.minutes} {
			if value != "" {
				r.Attributes().PutStr(name, value)
			}
		}
		var b usage.Batch
		x.Logs(logs, "", &b)
		e.Add(arrived, &b)
	}
	return e.Report()
}

func exam(t *testing.T, n usage.Normalization) (*Exam, *extract.Extractor) {
	t.Helper()
	section := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(config), &section))
	c, err := definition.FromMap(section)
	require.NoError(t, err)
	x, err := c.Extraction()
	require.NoError(t, err)
	extractor, err := extract.New(Extraction(x))
	require.NoError(t, err)
	return New(Settings{Normalize: n, Past: c.Horizon.Past.Std(), Future: c.Horizon.Future.Std()}), extractor
}

// short is what tests look at of findings.
type short struct {
	name  string
	items uint64
	users int
}

func shorts(r *Report) (all []short) {
	for _, f := range r.Findings {
		all = append(all, short{f.Name, f.Items, f.Users})
	}
	return all
}

func opened(organization, user string) event {
	return event{organization: organization, user: user, action: "app.opened"}
}

func TestWhatIsWrongIsFoundWithItsUsers(t *testing.T) {
	aged := func(e event, age time.Duration) event { e.age = age; return e }
	sum := func(minutes, uid string) event {
		return event{organization: "acme", action: "transcribed", minutes: minutes, uid: uid}
	}
	for _, tt := range []struct {
		name   string
		events []event
		users  int
		want   []short
	}{
		{"nothing", []event{opened("acme", "ada"), opened("acme", "bob"), sum("3", "1")}, 2, nil},
		{"no organization", []event{opened("", "ada"), opened("", "ada"), opened("", "bob"), opened("acme", "bob")}, 1, []short{{NoOrganization, 3, 1}}},
		{"no user", []event{opened("acme", ""), opened("acme", "ada")}, 1, []short{{NoUser, 1, Unknown}}},
		{"a sum needs no user", []event{sum("3", "1")}, 0, nil},
		{"a placeholder", []event{opened("acme", "undefined"), opened("acme", "null")}, 0, []short{{Placeholder, 2, Unknown}}},
		{"clocks", []event{aged(opened("acme", "ada"), -time.Hour), aged(opened("acme", "bob"), 40*24*time.Hour), opened("acme", "bob")}, 1, []short{{Future, 1, 1}, {Late, 1, 0}}},
		{"a late registration counts", []event{{organization: "acme", user: "ada", action: "user.registered", age: 400 * 24 * time.Hour}}, 1, nil},
		{"seconds", []event{{organization: "acme", user: "ada", action: "app.opened", at: arrived.Unix()}}, 0, []short{{TimestampUnit, 1, 1}}},
		{"no uid", []event{sum("3", ""), sum("4", ""), sum("4", ""), sum("4", "1")}, 0, []short{{NoUID, 3, 0}, {SameContent, 1, 0}}},
		{"users need no uid", []event{opened("acme", "ada"), opened("acme", "ada")}, 1, nil},
		{"no number", []event{sum("many", "1")}, 0, []short{{Value, 1, 0}}},
		{"case", []event{opened("acme", "ada"), opened("acme", "Ada"), opened("acme", "ADA"), opened("acme", "bob")}, 4, []short{{OtherSpelling, 3, 2}}},
		{"the organization's case", []event{opened("acme", "ada"), opened("Acme", "ada")}, 2, []short{{OtherSpelling, 2, 1}}},
		{"blanks are taken off", []event{opened("acme", "ada"), opened("acme", " ada ")}, 1, []short{{OtherSpelling, 2, 0}}},
		{"addresses beside other ids", []event{opened("acme", "ada@example.com"), opened("acme", "17")}, 2, []short{{Email, 1, 1}}},
		{"addresses alone", []event{opened("acme", "ada@example.com"), opened("birch", "17")}, 2, []short{{Email, 1, 0}}},
		{"no addresses", []event{opened("acme", "@ada"), opened("acme", "ada@home"), opened("acme", "a b@c d.e")}, 3, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := examine(t, usage.Trim, tt.events...)
			require.Equal(t, tt.want, shorts(r))
			require.Equal(t, tt.users, r.Users)
			for _, f := range r.Findings {
				require.NotEmpty(t, f.Title)
				require.NotEmpty(t, f.Remedy)
			}
		})
	}
}

func TestFoldingMakesOneOfThem(t *testing.T) {
	events := []event{opened("acme", "ada"), opened("acme", "Ada "), opened("ACME", "ada")}
	for n, want := range map[usage.Normalization]int{usage.Asis: 3, usage.Trim: 3, usage.Fold: 1} {
		r := examine(t, n, events...)
		require.Equal(t, want, r.Users, n)
		require.Equal(t, []short{{OtherSpelling, 3, want - 1}}, shorts(r), n)
	}
}

func TestSharesAreOfWhatIsUsage(t *testing.T) {
	r := examine(t, usage.Trim, opened("", "ada"), opened("acme", "ada"), opened("acme", "bob"), opened("acme", "eve"),
		event{action: "GET /"}, event{action: "GET /"}, event{action: "app.close"})
	require.EqualValues(t, 7, r.Items)
	require.EqualValues(t, 3, r.Unmatched)
	require.Equal(t, []Action{{"GET /", 2}, {"app.close", 1}}, r.Strangers)
	require.Equal(t, 1, r.Organizations)
	require.InDelta(t, 0.25, r.Findings[0].Share, 1e-9)
	require.Equal(t, []Action{{"app.opened", 1}}, r.Findings[0].Actions)
}

func TestCumulativeCountersAreFound(t *testing.T) {
	e, x := exam(t, usage.Trim)
	metrics := pmetric.NewMetrics()
	m := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("api.calls")
	s := m.SetEmptySum()
	s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	p := s.DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(arrived))
	p.SetIntValue(7)
	p.Attributes().PutStr("organization.id", "acme")
	var b usage.Batch
	x.Metrics(metrics, "", &b)
	e.Add(arrived, &b)
	require.Equal(t, []short{{Cumulative, 1, 0}}, shorts(e.Report()))
}

func TestWithoutAnArrivalNoClockIsWrong(t *testing.T) {
	e, x := exam(t, usage.Trim)
	logs := plog.NewLogs()
	r := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetEventName("app.opened")
	r.SetTimestamp(pcommon.NewTimestampFromTime(arrived))
	r.Attributes().PutStr("organization.id", "acme")
	r.Attributes().PutStr("user.id", "ada")
	var b usage.Batch
	x.Logs(logs, "", &b)
	e.Add(time.Time{}, &b)
	require.Empty(t, e.Report().Findings)
}
