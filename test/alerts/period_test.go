// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// engine is what the collector is made of, on the test's clock.
type engine struct {
	ledger *ledger.Ledger
	store  *promstore.Store
	rules  *promstore.Rules
	now    time.Time
	calls  int
}

// newEngine counts calls of organizations that have bought ten a month.
func newEngine(t *testing.T, am *alertmanager, now time.Time) *engine {
	t.Helper()
	month, err := usage.ParseWindow("month")
	require.NoError(t, err)
	meters := []usage.Meter{{
		Name: "calls", Type: usage.Consumption, Unit: "calls", Windows: []usage.Window{month}, Classes: []string{""},
		Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"api.called"}}}}},
	}}
	organizations, err := catalogue.Parse([]byte("organizations:\n  - {id: acme, name: Acme GmbH, quotas: {calls: {limit: 10, window: month}}}\n"))
	require.NoError(t, err)
	e := &engine{now: now}
	e.ledger, err = ledger.Open(ledger.Settings{
		Directory: filepath.Join(t.TempDir(), "ledger"), Catalogue: organizations,
		Extraction: usage.Extraction{Meters: meters}, Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: 72 * time.Hour, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 10, UnknownOrganizations: 10, UsersPerOrganization: 10, ValuesPerDimension: 10},
	}, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.ledger.Close(context.WithoutCancel(t.Context()))) })
	e.store, err = promstore.Open(promstore.Settings{Directory: t.TempDir(), Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.store.Close()) })
	e.rules, err = e.store.OpenRules(promstore.RuleSettings{
		Files: []string{filepath.Join(collector.Root(t), "rules", "*.yaml")}, Alertmanagers: []string{am.address}, ExternalURL: "https://grafana.example",
	})
	require.NoError(t, err)
	t.Cleanup(func() { e.rules.Close(context.WithoutCancel(t.Context())) })
	return e
}

// minute counts calls, and collects and evaluates a minute later.
func (e *engine) minute(t *testing.T, calls int) {
	t.Helper()
	var batch usage.Batch
	for range calls {
		e.calls++
		batch.Items = append(batch.Items, usage.Item{
			Organization: "acme", UID: strconv.Itoa(e.calls), Action: "api.called", Time: e.now.UnixNano(),
			FirstEffect: int32(len(batch.Effects)), NumEffects: 1,
		})
		batch.Effects = append(batch.Effects, usage.Effect{Kind: usage.Consume, Value: usage.Micro})
	}
	require.NoError(t, e.ledger.Record(t.Context(), e.now, &batch))
	e.now = e.now.Add(time.Minute)
	collection, err := e.ledger.Collect(t.Context(), e.now)
	require.NoError(t, err)
	require.NoError(t, e.store.Write(collection.WithProcess(usage.Figure{Series: usage.LedgerReady, Value: 1}, usage.Figure{Series: usage.CatalogueRefused})))
	require.Zero(t, e.rules.Evaluate(t.Context(), e.now))
}

// TestANewPeriodsCrossingIsToldAgain runs over the turn of the month on a clock
// of its own, which lies ahead so that Alertmanager does not take what it is
// told for over.
func TestANewPeriodsCrossingIsToldAgain(t *testing.T) {
	t.Parallel()
	r := openReceivers(t)
	am := newAlertmanager(t, r, 5*time.Second)
	year, month, _ := time.Now().UTC().Date()
	turn := time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC)
	e := newEngine(t, am, turn.Add(-4*time.Minute))

	e.minute(t, 9) // a collection at 23:57
	first := operator + " <- Acme GmbH: 90% of Calls used"
	told(t, am, r, first)
	e.minute(t, 0)
	e.minute(t, 0)
	e.minute(t, 0) // at midnight the new month has begun, with nothing used
	require.Equal(t, turn, e.now)
	e.minute(t, 5)
	told(t, am, r, first, operator+" <- Acme GmbH: 50% of Calls used")
	e.minute(t, 4)
	told(t, am, r, first, operator+" <- Acme GmbH: 50% of Calls used", operator+" <- Acme GmbH: 90% of Calls used")
	e.minute(t, 2)
	told(t, am, r, first, operator+" <- Acme GmbH: 50% of Calls used", operator+" <- Acme GmbH: 90% of Calls used", operator+" <- Acme GmbH: limit of Calls exceeded")

	last := r.messages()[3]
	require.Contains(t, last.Text, "Acme GmbH has used 11 of 10 calls (110 %) of Calls in the month from "+turn.Format(time.DateOnly))
	require.Contains(t, last.Text, "the limit is exceeded by 1")
}
