// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// readBack returns an organization as a restart makes it.
func readBack(t testing.TB, d *Shared, o *Organization) *Organization {
	t.Helper()
	n, err := Restore(o.ID, d, o.users.Hashes(), encoded(o))
	require.NoError(t, err)
	require.NoError(t, n.users.Adopt(&o.users.Blocks))
	var c wire.Encoder
	o.EncodeClosings(&c)
	require.NoError(t, n.RestoreClosings(c.Bytes))
	require.NoError(t, n.Restored())
	n.Named, n.Person, n.Info = o.Named, o.Person, o.Info
	return n
}

// savePages hands over the pages that changed since it was last called.
func savePages(o *Organization, f func(page uint32, data []byte)) {
	var s people.Saving
	o.SavePages(&s)
	for page, data, there := s.Next(nil); there; page, data, there = s.Next(nil) {
		f(page, data)
	}
}

func encoded(o *Organization) []byte {
	var e wire.Encoder
	o.Encode(&e)
	return e.Bytes
}

// Rolling windows have no curves: that nothing is known of one from before the
// organization does not matter, however long that is ago.
func TestAnOrganizationIsReadBackAfterYears(t *testing.T) {
	d := share(t, manyMeters(t))
	now := metertest.MinuteAt(t, "2026-11-20 12:00")
	o := New("acme", d, calendar.New(time.UTC, 1), now.Ns())
	for range 1200 {
		now += period.MinutesPerDay
		o.Collect(now)
	}
	require.Equal(t, encoded(o), encoded(readBack(t, d, o)))
}
