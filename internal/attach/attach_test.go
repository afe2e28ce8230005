// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

type extension struct {
	component.StartFunc
	component.ShutdownFunc
}

type ledger struct{ extension }

func (ledger) Extraction() usage.Extraction               { return usage.Extraction{} }
func (ledger) Record(context.Context, *usage.Batch) error { return nil }
func (ledger) Collect(context.Context, time.Time) (usage.Collection, error) {
	return usage.Collection{}, nil
}

var (
	ledgerID = component.MustNewID("usage_ledger")
	healthID = component.MustNewID("health_check")
)

func TestTheLedgerIsTheExtensionOfThatID(t *testing.T) {
	other := component.MustNewIDWithName("usage_ledger", "other")
	one, two := &ledger{}, &ledger{}
	found, err := Ledger(host{ledgerID: one, other: two}, "processors::usage::ledger", other)
	require.NoError(t, err)
	require.Same(t, two, found)
}

func TestAMissingLedgerIsToldWithPathIDAndRemedy(t *testing.T) {
	_, err := Ledger(host{healthID: &extension{}, component.MustNewID("pprof"): &extension{}}, "processors::usage::ledger", ledgerID)
	require.EqualError(t, err, `processors::usage::ledger: no extension "usage_ledger" runs: add it to service::extensions and configure it under extensions, or name one of those that run (health_check, pprof)`)

	_, err = Ledger(host{}, "processors::usage::ledger", ledgerID)
	require.ErrorContains(t, err, "(none)")
}

func TestAnExtensionThatIsNoLedgerIsRefused(t *testing.T) {
	_, err := Ledger(host{healthID: &extension{}}, "receivers::usage::ledger", healthID)
	require.EqualError(t, err, `receivers::usage::ledger: extension "health_check" is no ledger: name an extension of type usage_ledger; those that run are health_check`)
}
