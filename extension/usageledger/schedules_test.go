// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestSchedulesAreKeptAndTheirReportsAreThoseOfTheLedger(t *testing.T) {
	catalogue, reports := filepath.Join(t.TempDir(), "organizations.yaml"), t.TempDir()
	require.NoError(t, os.WriteFile(catalogue, []byte("organizations: [{id: acme, name: Acme GmbH, timezone: Europe/Berlin, reseller: north}, {id: birch, timezone: Asia/Tokyo}]"), 0o600))
	cfg := configure(t, oneMeter+fmt.Sprintf("\ncatalogue: %s\nreports: {directory: %s}", catalogue, reports))
	for round := range 2 {
		set, _ := logged(t)
		e := newExtension(set, cfg, openLedger)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
		schedules := e.schedules.Load()
		if round == 0 {
			s := schedule.Schedule{
				Name: "Summary", Report: report.UsageSummary, Scope: schedule.Scope{Organization: "acme"}, Formats: []string{"csv", "json", "pdf"},
				Recipients: []string{schedule.Directory}, Cadence: "monthly", Enabled: true,
			}
			_, err := schedules.Create(t.Context(), s, "", time.Now())
			require.NoError(t, err)
			for want, change := range map[string]func(*schedule.Schedule){
				`organization "nobody": not in the catalogue`: func(s *schedule.Schedule) { s.Organization = "nobody" },
				`reseller: "south": no organization`:          func(s *schedule.Schedule) { s.Scope = schedule.Scope{Reseller: "south"} },
				"set reports::mail::server":                   func(s *schedule.Schedule) { s.Recipients = []string{"jane@example.com"} },
			} {
				bad := s
				change(&bad)
				_, err := schedules.Create(t.Context(), bad, "", time.Now())
				require.ErrorContains(t, err, want)
			}
			s.Scope, s.Name = schedule.Scope{Reseller: "north"}, "Of the reseller"
			_, err = schedules.Create(t.Context(), s, "", time.Now())
			require.NoError(t, err)
		}
		require.Len(t, schedules.List(), 2)
		_, err := e.Collect(t.Context(), time.Now().Add(time.Minute)) // of which the report is
		require.NoError(t, err)
		for _, id := range []string{"acme-summary", "north-of-the-reseller"} {
			got, err := schedules.Test(t.Context(), id, "", time.Now())
			require.NoError(t, err)
			require.Empty(t, got[0].Error)
		}
		c, err := e.Collect(t.Context(), time.Now())
		require.NoError(t, err)
		due := map[string]float64{}
		for _, o := range c.Organizations {
			for _, f := range o.Figures {
				if f.Series == usage.DeliveriesDue {
					due[o.Organization] = f.Value
				}
			}
		}
		require.Equal(t, map[string]float64{"acme": 0, usage.NoOrganization: 0}, due)
		require.NoError(t, e.Shutdown(t.Context()))
		require.Nil(t, e.schedules.Load())
	}
	files, err := os.ReadDir(filepath.Join(reports, "acme-summary-test"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, f := range files {
		require.True(t, strings.HasPrefix(f.Name(), "usage-summary_acme_"), f.Name())
	}
}
