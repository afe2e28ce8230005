// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// workspace is a meter with classes of which one needs a registered user, one of
// sums by user, and one of concurrent users.
func workspace(t testing.TB) []usage.Meter {
	t.Helper()
	return []usage.Meter{{
		Name: "workspace", Type: usage.ActiveUsers, Windows: windows(t, "hour", "month", "30d"), Classes: []string{"onboarded", "anonymous"},
		Versions: []usage.Version{{
			Classes: []usage.Class{
				{Index: 0, Actions: []string{"login"}, Requires: usage.Registered, Billable: true},
				{Index: 1, Actions: []string{"post.viewed"}},
			},
			Standing: &usage.Standing{On: []string{"social.on"}, Off: []string{"social.off"}, Key: "social.network", Class: 1},
		}},
	}, {
		Name: "minutes", Type: usage.Consumption, Windows: windows(t, "month", "30d"), Classes: []string{""}, Unit: "min",
		ByUser:   &usage.ByUser{Dimension: "user", Top: 2, Reveal: true},
		Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"transcription.finished"}}}}},
	}, {
		Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "month"), Classes: []string{""},
		SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
		Versions: []usage.Version{{Logon: []string{"logon"}, Logoff: []string{"logoff"}, Hourly: []string{"task"}}},
	}}
}

// doing are the items of a workspace.
type doing struct{ b usage.Batch }

func (d *doing) item(user, action string, at time.Time, effects ...usage.Effect) *doing {
	add(&d.b, usage.Item{Organization: "acme", User: user, UID: user + action, Signal: usage.Traces, Action: action, Time: at.UnixNano()}, effects...)
	return d
}

func (d *doing) login(user string, at time.Time) *doing {
	return d.item(user, "login", at, usage.Effect{Kind: usage.Active})
}

func (d *doing) viewed(user string, at time.Time) *doing {
	return d.item(user, "post.viewed", at, usage.Effect{Kind: usage.Active, Class: 1})
}

func (d *doing) status(user string, s usage.Status, at time.Time) *doing {
	return d.item(user, "user."+s.String(), at, usage.Effect{Kind: usage.Lifecycle, Meter: usage.NoMeter, Status: s})
}

func (d *doing) consumed(user string, n int64, at time.Time) *doing {
	return d.item(user, "transcription.finished", at, usage.Effect{Kind: usage.Consume, Meter: 1, Value: n * usage.Micro})
}

func (d *doing) became(from, to string, at time.Time) *doing {
	return d.item(to, "user.alias", at, usage.Effect{Kind: usage.Alias, Meter: usage.NoMeter, Key: from})
}

func (d *doing) connected(social, user string, at time.Time) *doing {
	return d.item(user, "social.on", at, usage.Effect{Kind: usage.StandingOn, Key: social, Class: 1})
}

func (d *doing) worked(user, action string, at time.Time, roles usage.Roles) *doing {
	return d.item(user, action, at, usage.Effect{Kind: usage.Concurrent, Meter: 2, Roles: roles})
}

func (d *doing) send(t testing.TB, l *Ledger, now time.Time) {
	t.Helper()
	require.NoError(t, l.Record(context.Background(), now, &d.b))
}

func workspaceSettings(t testing.TB, fs vfs.FS) book.Settings {
	t.Helper()
	s := withGrace(t, fs)
	s.Extraction.Meters = workspace(t)
	return s
}

// usersOf lists users by id; parts as "meter class sum/hours".
func usersOf(t testing.TB, l *Ledger, q inquiry.UsersQuery) (ids []string, byID map[string]inquiry.User) {
	t.Helper()
	q.Organization, byID = "acme", map[string]inquiry.User{}
	require.NoError(t, l.Users(context.Background(), q, func(u *inquiry.User) error {
		kept := *u
		kept.Parts = append([]inquiry.UserPart(nil), u.Parts...)
		ids, byID[u.ID] = append(ids, u.ID), kept
		return nil
	}))
	return ids, byID
}

func TestUsersSaysWhoCountsAndByWhat(t *testing.T) {
	l := open(t, workspaceSettings(t, vfs.NewMem()), noon.AddDate(0, -2, 0))
	now := noon.Add(time.Hour)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	(&doing{}).
		login("ann", ago(50*time.Minute)).status("ann", usage.Registered, ago(24*30*time.Hour)).consumed("ann", 5, ago(40*time.Minute)).
		login("bob", ago(45*time.Minute)). // never registered
		viewed("cas@home", ago(25*24*time.Hour)).viewed("cas", ago(30*time.Minute)).became("cas@home", "cas", ago(time.Minute)).
		connected("linkedin", "dee", ago(time.Minute)).
		consumed("eve", 7, ago(2*time.Minute)).
		worked("fay", "logon", ago(time.Minute), usage.RoleLogon).worked("gil", "task", ago(61*time.Minute), usage.RoleHourly).
		send(t, l, now)
	collect(t, l, now)

	ids, all := usersOf(t, l, inquiry.UsersQuery{Window: "month"})
	require.Equal(t, []string{"ann", "bob", "cas", "dee", "eve", "fay", "gil"}, ids, "in the order in which they came, merged ones once")
	ann := all["ann"]
	require.Equal(t, usage.Registered, ann.Status)
	require.Equal(t, ago(50*time.Minute), ann.First)
	require.Equal(t, ago(40*time.Minute), ann.Last)
	require.Equal(t, l.Pseudonym("acme", "ann"), ann.Pseudonym)
	require.Equal(t, []inquiry.UserPart{
		{Meter: "workspace", Type: usage.ActiveUsers, Counts: true, Class: "onboarded", Billable: true, Last: ago(50 * time.Minute), First: &inquiry.FirstItem{
			Time: ago(50 * time.Minute), Action: "login", Signal: "traces", UID: "annlogin",
		}},
		{Meter: "minutes", Type: usage.Consumption, Sum: micros(5), Summed: true},
	}, ann.Parts)
	require.False(t, all["bob"].Parts[0].Counts, "a class that they do not qualify for")
	require.Equal(t, ago(45*time.Minute), all["bob"].Parts[0].Last)
	require.Equal(t, ago(25*24*time.Hour), all["cas"].First, "also under the id that became theirs")
	require.True(t, all["dee"].Standing)
	require.Equal(t, []inquiry.UserPart{{Meter: "workspace", Counts: true, Class: "anonymous", Standing: true}}, all["dee"].Parts)
	require.Equal(t, micros(7), all["eve"].Parts[0].Sum)
	require.Equal(t, []inquiry.UserPart{{Meter: "operators", Type: usage.ConcurrentUsers}}, all["fay"].Parts)
	require.Equal(t, 1, all["gil"].Parts[0].Hours)

	ids, _ = usersOf(t, l, inquiry.UsersQuery{Meter: "minutes", Window: "month"})
	require.Equal(t, []string{"ann", "eve"}, ids)
	ids, previous := usersOf(t, l, inquiry.UsersQuery{Meter: "workspace", Window: "month", Period: 1})
	require.Equal(t, []string{"cas"}, ids)
	require.Equal(t, ago(25*24*time.Hour), previous["cas"].Parts[0].First.Time)
	ids, rolling := usersOf(t, l, inquiry.UsersQuery{Meter: "workspace", Window: "30d", From: ann.Place + 1})
	require.Equal(t, []string{"bob", "cas", "dee"}, ids, "from a place on")
	require.Nil(t, rolling["cas"].Parts[0].First, "of rolling windows no first item is kept")
	closeLedger(t, l)
}

func TestWhatTheLedgerCannotTellOfUsersIsSaid(t *testing.T) {
	l := open(t, workspaceSettings(t, vfs.NewMem()), noon)
	new(doing).viewed("ann", noon).send(t, l, noon)
	for _, tc := range []struct {
		q    inquiry.UsersQuery
		says string
	}{
		{inquiry.UsersQuery{Organization: "birch", Window: "month"}, `organization "birch": not in the catalogue`},
		{inquiry.UsersQuery{Organization: usage.NoOrganization, Window: "month"}, "not in the catalogue"},
		{inquiry.UsersQuery{Organization: "acme", Meter: "words", Window: "month"}, `meter "words": there is no such meter; use one of minutes, operators, workspace`},
		{inquiry.UsersQuery{Organization: "acme", Window: "moon"}, `window "moon": unknown window`},
		{inquiry.UsersQuery{Organization: "acme", Window: "year"}, `window "year": no meter keeps it`},
		{inquiry.UsersQuery{Organization: "acme", Meter: "minutes", Window: "hour"}, `window "hour": minutes does not keep it; use one of month, 30d`},
		{inquiry.UsersQuery{Organization: "acme", Window: "month", Period: -1}, `period "-1"`},
		{inquiry.UsersQuery{Organization: "acme", Window: "month", Period: 3}, "period 3_ago of window month: who was counted is kept of the current period and of the two before"},
		{inquiry.UsersQuery{Organization: "acme", Window: "month", Period: 2}, "period 2_ago of window month: it begins before all that the ledger has counted, which began at 2026-05-20T12:00:00Z"},
		{inquiry.UsersQuery{Organization: "acme", Window: "30d", Period: 1}, "a rolling window has no period but the current one"},
	} {
		err := l.Users(context.Background(), tc.q, func(*inquiry.User) error { return nil })
		require.ErrorContains(t, err, tc.says)
		if tc.q.Organization == "acme" && tc.q.Meter != "" {
			_, same := l.Explain(context.Background(), inquiry.ExplainQuery{Organization: "acme", Meter: tc.q.Meter, Window: tc.q.Window, Period: tc.q.Period})
			require.Equal(t, err, same)
		}
	}
	closeLedger(t, l)
}

func TestUsersEndsWithItsReaderItsContextAndItsPeriod(t *testing.T) {
	l := open(t, workspaceSettings(t, vfs.NewMem()), noon)
	var d doing
	for i := range 3 * usersAtOnce {
		d.viewed(fmt.Sprint("user-", i), noon.Add(-time.Hour))
	}
	d.send(t, l, noon)
	q := inquiry.UsersQuery{Organization: "acme", Window: "month"}
	enough := errors.New("enough")
	n := 0
	require.Equal(t, enough, l.Users(context.Background(), q, func(*inquiry.User) error { n++; return enough }))
	require.Equal(t, 1, n)
	ctx, cancel := context.WithCancel(context.Background())
	require.ErrorIs(t, l.Users(ctx, q, func(*inquiry.User) error { cancel(); return nil }), context.Canceled)
	var gone *inquiry.PeriodError
	require.ErrorAs(t, l.Users(context.Background(), q, func(*inquiry.User) error {
		collect(t, l, noon.AddDate(1, 0, 0))
		return nil
	}), &gone)
	new(doing).viewed("last", noon.AddDate(1, 0, 0)).send(t, l, noon.AddDate(1, 0, 0).Add(time.Minute))
	require.NoError(t, l.Users(context.Background(), q, func(*inquiry.User) error {
		closeLedger(t, l)
		return nil
	}), "the last chunk")
	require.ErrorIs(t, l.Users(context.Background(), q, nil), usage.ErrUnavailable)
}

// BenchmarkUsers reads a million users.
func BenchmarkUsers(b *testing.B) {
	s := workspaceSettings(b, vfs.Default)
	s.Directory, s.Limits.UsersPerOrganization = b.TempDir(), 2_000_000
	l := open(b, s, noon)
	for from := 0; from < 1_000_000; from += 10_000 {
		var d doing
		for i := range 10_000 {
			d.viewed(fmt.Sprintf("user-%08d@example.org", from+i), noon.Add(-time.Hour))
		}
		d.send(b, l, noon)
	}
	for b.Loop() {
		n := 0
		require.NoError(b, l.Users(context.Background(), inquiry.UsersQuery{Organization: "acme", Meter: "workspace", Window: "month"}, func(*inquiry.User) error {
			n++
			return nil
		}))
		require.Equal(b, 1_000_000, n)
	}
	closeLedger(b, l)
}
