// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestASignUpIsTheFirstRegistrationEver(t *testing.T) {
	l := open(t, workspaceSettings(t, vfs.NewMem()), noon.AddDate(0, -2, 0))
	defer closeLedger(t, l)
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	d := &doing{}
	d.status("ann", usage.Registered, day(-20)). // before
							status("ann", usage.Removed, day(-12)).
							status("ann", usage.Registered, day(-9)). // again is no sign-up
							status("bob", usage.Registered, day(-10)).
							status("carl", usage.Suspended, day(-10)). // not registered
							status("eve", usage.Registered, day(-5)).  // where the period ends
							status("old", usage.Registered, day(-15)).
							status("new", usage.Registered, day(-8)).
							became("new", "old", day(-7)). // one person, who signed up before
							status("late", usage.Registered, day(-6)).
							login("nobody", day(-6)).
							send(t, l, noon)
	for name, span := range map[string]struct {
		from, to time.Time
		want     int64
	}{
		"ten to five days ago": {day(-10), day(-5), 2}, // bob, late
		"all":                  {day(-40), noon, 5},
		"before anybody":       {day(-40), day(-30), 0},
	} {
		n, err := l.SignUps(t.Context(), "acme", span.from, span.to)
		require.NoError(t, err)
		require.Equal(t, span.want, n, name)
	}
	_, err := l.SignUps(t.Context(), "initech", noon, noon)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
}
