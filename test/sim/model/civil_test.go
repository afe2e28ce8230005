// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestCalendarsAgree holds the model's calendar, which looks at the clock
// minute by minute, and the engine's against each other, through changes of
// zone and anchor.
func TestCalendarsAgree(t *testing.T) {
	zones := []string{
		"", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Havana", "Asia/Kolkata", "Asia/Beirut", "Africa/Casablanca",
		"Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Antarctica/Troll",
	}
	rng := rand.New(rand.NewPCG(5, 5))
	some := func() Organization {
		return Organization{Timezone: zones[rng.IntN(len(zones))], AnchorDay: 1 + rng.IntN(31)}
	}
	for range 80 {
		first := some()
		slow, err := newCivil(first)
		require.NoError(t, err)
		fast := calendar.New(slow.first.zone, first.AnchorDay)
		begin := time.Date(2005+rng.IntN(20), 1, 1, 0, rng.IntN(365*24*60), 0, 0, time.UTC)
		now := begin
		for range rng.IntN(4) {
			to, err := newZoned(some())
			require.NoError(t, err)
			now = now.Add(time.Duration(rng.IntN(20*24*60)) * time.Minute)
			slow.changes = append(slow.changes, change{now, to})
			fast = fast.Change(now, to.zone, to.anchor)
		}
		for range 30 {
			at := begin.Add(time.Duration(rng.Int64N(int64(200*24*time.Hour))) - 40*24*time.Hour)
			for k := range usage.Rolling {
				got, want := fast.Period(k, at), slow.period(k, at)
				require.True(t, got.Start.Equal(want.start) && got.End.Equal(want.end), "%s of %s: %v, want %v, zones %v then %v", k, at, got, want, slow.first, slow.changes)
			}
			y, m, d := at.Date()
			got, want := fast.StartOf(usage.Date{Year: y, Month: m, Day: d}), slow.startOf(dateOf(at))
			require.True(t, got.Equal(want), "%s begins at %s, want %s, zones %v then %v", at, got, want, slow.first, slow.changes)
		}
	}
}
