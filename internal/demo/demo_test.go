// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var present = time.Date(2026, time.November, 21, 20, 7, 0, 0, time.UTC)

// told is a history of three months, in which clocks change in Berlin, New
// York and Auckland.
func told(t *testing.T) (Plan, []Event) {
	t.Helper()
	events := autumn()
	require.NotEmpty(t, events)
	return NewPlan(7, 3, present), events
}

var autumn = sync.OnceValue(func() []Event {
	plan := NewPlan(7, 3, present)
	return slices.Collect(plan.Events(plan.Start, plan.Present))
})

func TestHistoryIsTheSameToldWholeAndInPieces(t *testing.T) {
	plan, whole := told(t)
	var pieces []Event
	for from := plan.Start; from.Before(plan.Present); {
		to := from.Add(37*time.Hour + 13*time.Minute)
		if to.After(plan.Present) {
			to = plan.Present
		}
		pieces = slices.AppendSeq(pieces, plan.Events(from, to))
		from = to
	}
	require.Len(t, pieces, len(whole))
	for i := range whole {
		if !reflect.DeepEqual(whole[i], pieces[i]) {
			require.Equal(t, whole[i], pieces[i], "event %d", i)
		}
	}
}

func TestHistoryIsInOrderOfArrivalAndNothingArrivesBeforeItHappened(t *testing.T) {
	plan, events := told(t)
	late := 0
	for i, e := range events {
		if e.Arrives.Before(e.At) || e.At.Before(plan.Start) || !e.Arrives.Before(plan.Present) ||
			i > 0 && e.Arrives.Before(events[i-1].Arrives) {
			require.Fail(t, "out of order", "event %d: %+v", i, e)
		}
		if e.Arrives.Sub(e.At) > time.Hour {
			late++
		}
	}
	require.Positive(t, late, "some tablets are offline for hours")
}

func TestHistoryGoesOnAfterThePresent(t *testing.T) {
	plan := NewPlan(7, 3, present)
	next := slices.Collect(plan.Events(plan.Present, plan.Present.Add(24*time.Hour)))
	require.Greater(t, len(next), 500)
	for _, e := range next {
		require.NotEqual(t, "tasman", e.Organization, "the silent organization stays silent")
	}
}

func TestSilentOrganizationSendsUntilThreeDaysBeforeThePresent(t *testing.T) {
	plan, events := told(t)
	var last time.Time
	for _, e := range events {
		if e.Organization == "tasman" {
			last = e.Arrives
		}
	}
	silent := plan.Present.AddDate(0, 0, -3)
	require.True(t, last.Before(silent))
	require.Less(t, silent.Sub(last), time.Hour)
}

func TestOnlyResentEventsShareAUID(t *testing.T) {
	_, events := told(t)
	seen := make(map[string]Event, len(events))
	resent := 0
	for _, e := range events {
		first, again := seen[e.UID]
		if !again {
			seen[e.UID] = e
			continue
		}
		resent++
		e.Arrives = first.Arrives
		require.Equal(t, first, e, "resent with another content")
	}
	require.Positive(t, resent)
}

func TestShiftsFollowTheLocalClock(t *testing.T) {
	_, events := told(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, month := range []time.Month{time.October, time.November} { // summer and winter time
		logons := map[int]int{}
		for _, e := range events {
			at := e.At.In(berlin)
			if e.Organization == "nordhafen" && e.Action == "user.logon" && at.Month() == month && (month != time.October || at.Day() < 25) {
				logons[at.Hour()]++
			}
		}
		require.Len(t, logons, 3, "%s: %v", month, logons)
		for _, hour := range []int{5, 13, 21} { // logged on some minutes before the shift
			require.Positive(t, logons[hour], "%s: %v", month, logons)
		}
	}
}

func TestSomeOperatorsForgetToLogOff(t *testing.T) {
	_, events := told(t)
	n := counts(events, func(e Event) string { return e.Action })
	forgotten := float64(n["user.logon"]-n["user.logoff"]) / float64(n["user.logon"])
	require.InDelta(t, 0.18, forgotten, 0.05)
}

func TestOrganizationsGrowAndRushAtTheEndOfAMonth(t *testing.T) {
	_, events := told(t)
	of := func(organization, action string, from, to time.Time) int {
		n := 0
		for _, e := range events {
			if e.Organization == organization && e.Action == action && !e.At.Before(from) && e.At.Before(to) {
				n++
			}
		}
		return n
	}
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	// Four whole weeks each, none with a month's end.
	require.Greater(t, of("learnwell", "course.accessed", day(11, 2), day(11, 16)),
		of("learnwell", "course.accessed", day(9, 7), day(9, 21))*11/10)
	// Tuesday to Friday of the last week, and of the week before it.
	require.Greater(t, of("kaveri", "transcription.finished", day(10, 28), day(10, 31)),
		of("kaveri", "transcription.finished", day(10, 21), day(10, 24))*3/2)
	// A Sunday and the Monday after it.
	require.Greater(t, of("acme", "workspace.login", day(11, 9), day(11, 10)),
		of("acme", "workspace.login", day(11, 8), day(11, 9))*2)
}

func TestHistoryHoldsEveryKindOfAction(t *testing.T) {
	_, events := told(t)
	n := counts(events, func(e Event) string { return e.Action })
	for _, action := range []string{
		"api.calls", "app.opened", "content_email.opened", "course.accessed", "course.enrolled", "document.created",
		"embed_widget.viewed", "public_post.viewed", "session.attended", "social.connected", "social.disconnected",
		"task.finished", "transcription.finished", "user.alias", "user.logoff", "user.logon", "user.registered",
		"user.removed", "user.suspended", "workspace.login",
	} {
		require.Positive(t, n[action], action)
	}
	attribute := func(key string) map[string]int {
		return counts(events, func(e Event) string {
			for _, a := range e.Attributes {
				if a.Key == key {
					return a.Text
				}
			}
			return ""
		})
	}
	for key, values := range map[string][]string{
		"document.kind": {"transcript", "caption"}, "document.format": {"docx", "pdf", "srt", "vtt"},
		"transcription.model": {"standard", "enhanced", "custom"}, "user.type": {"onboarded", "anonymous"},
		"app.feature": {"read", "share", "invite"},
	} {
		for _, value := range values {
			require.Positive(t, attribute(key)[value], "%s=%s", key, value)
		}
	}
	signals := counts(events, func(e Event) usage.Signal { return e.Signal })
	require.Len(t, signals, 3)
	organizations := counts(events, func(e Event) string { return e.Organization })
	require.Len(t, organizations, len(profiles)+1, "and the client that names none")
}

func TestAliasNamesAnIDThatWasSeenBefore(t *testing.T) {
	_, events := told(t)
	visited := map[string]bool{}
	aliases, known := 0, 0
	for _, e := range events {
		visited[e.User] = true
		if e.Action == "user.alias" {
			aliases++
			if visited[e.Attributes[0].Text] {
				known++
			}
		}
	}
	require.Positive(t, aliases)
	require.Greater(t, known*10, aliases*8, "nearly all of them visited before they registered")
}

func counts[K comparable](events []Event, of func(Event) K) map[K]int {
	n := map[K]int{}
	for _, e := range events {
		n[of(e)]++
	}
	return n
}
