// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// on returns a day of 2026, at noon.
func on(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

// kept is a ledger of one customer, who has 100 minutes a month.
type kept struct {
	*ledger.Ledger
	listed *catalogue.Catalogue
}

func open(t *testing.T, now time.Time) *kept {
	t.Helper()
	var windows []usage.Window
	for _, name := range []string{"day", "month"} {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	listed, err := catalogue.Parse([]byte(`organizations:
  - {id: acme, name: Acme, currency: EUR, plan: {type: traditional, subscription: "500"}, quotas: {minutes: {limit: 100, window: month, flex_price: "0.5"}}}`))
	require.NoError(t, err)
	l, err := ledger.Open(ledger.Settings{
		Directory: "ledger", FS: vfs.NewMem(), Catalogue: listed, Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: 3 * 24 * time.Hour, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 10, UnknownOrganizations: 10, UsersPerOrganization: 10, ValuesPerDimension: 10},
		Extraction: usage.Extraction{Meters: []usage.Meter{{
			Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Unit: "min",
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"done"}}}}},
		}}},
	}, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close(context.Background())) })
	return &kept{l, listed}
}

// used counts minutes that arrive at a time.
func (k *kept) used(t *testing.T, uid string, n int64, at, now time.Time) {
	t.Helper()
	b := &usage.Batch{
		Items:   []usage.Item{{Organization: "acme", UID: uid, Action: "done", Time: at.UnixNano(), NumEffects: 1}},
		Effects: []usage.Effect{{Kind: usage.Consume, Value: n * usage.Micro}},
	}
	require.NoError(t, k.Record(t.Context(), now, b))
}

// at is what reports are made of at a time.
func (k *kept) at(t *testing.T, now time.Time) *Source {
	t.Helper()
	_, err := k.Collect(t.Context(), now)
	require.NoError(t, err)
	return &Source{Book: k, Catalogue: k.listed, Now: now}
}

// bill is the bill of a month as text: flex, overage, adjustments, total.
func bill(t *testing.T, s *Source, month string) (charges, adjustments, total string, notes []string) {
	t.Helper()
	r, err := s.Make(t.Context(), Request{Kind: report.Billing, Period: month})
	require.NoError(t, err)
	text := func(section string, columns ...string) string {
		in, err := r.Section(section)
		require.NoError(t, err)
		var said []string
		for row, err := range in.Rows {
			require.NoError(t, err)
			for i, c := range in.Columns {
				for _, column := range columns {
					if c.Name == column {
						said = append(said, row[i].Text)
					}
				}
			}
		}
		return strings.Join(said, " ")
	}
	return text("charges", "flex", "overage_charge"), text("adjustments", "adjustment"), text("totals", "total"), r.Notes
}

// What changes after the first delivery of a bill is an adjustment of the next
// one, and the delivered one stays.
func TestTheFirstDeliveryFixesWhatIsBilled(t *testing.T) {
	k := open(t, on(time.March, 1))
	k.used(t, "a", 110, on(time.March, 10), on(time.March, 10))
	april5 := k.at(t, on(time.April, 5))
	charges, adjustments, total, notes := bill(t, april5, "2026-03")
	require.Equal(t, []string{"10 5.00", "", "505.00"}, []string{charges, adjustments, total})
	require.Empty(t, notes)

	request := Request{Kind: report.Billing, Period: "2026-03"}
	require.NoError(t, april5.Deliver(t.Context(), request, april5.Now))
	k.used(t, "late", 4, on(time.March, 20), on(time.April, 6))
	k.used(t, "b", 120, on(time.April, 7), on(time.April, 7))

	may6 := k.at(t, on(time.May, 6))
	require.NoError(t, may6.Deliver(t.Context(), request, may6.Now), "again is no change")
	charges, adjustments, total, notes = bill(t, may6, "2026-03")
	require.Equal(t, []string{"10 5.00", "", "505.00"}, []string{charges, adjustments, total}, "as it was delivered")
	require.Equal(t, []string{"Acme was billed on 5 April 2026, 12:00 UTC: the charges are what was known then."}, notes)
	charges, adjustments, total, _ = bill(t, may6, "2026-04")
	require.Equal(t, []string{"20 10.00", "2.00", "512.00"}, []string{charges, adjustments, total})

	for basis, want := range map[report.Basis]string{report.Known: "114", report.Billed: "110"} {
		r, err := may6.Make(t.Context(), Request{Kind: report.UsageSummary, Period: "2026-03", Basis: basis})
		require.NoError(t, err)
		s, err := r.Section("")
		require.NoError(t, err)
		for row, err := range s.Rows {
			require.NoError(t, err)
			require.Equal(t, want, row[4].Text, basis)
		}
	}

	err := may6.Deliver(t.Context(), Request{Kind: report.Billing, Period: "2026-05"}, may6.Now)
	require.ErrorContains(t, err, `period: "2026-05": it still runs`)
}
