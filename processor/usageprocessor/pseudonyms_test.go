// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestPseudonymsHideUsersEverywhereOnceTheyAreCounted(t *testing.T) {
	l := &keyedLedger{}
	p := newPipeline(t, l, func(c *Config) { c.Pseudonymize = true })
	require.True(t, p.logs.Capabilities().MutatesData)
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), someLogs(t)))
	require.NoError(t, p.traces.ConsumeTraces(t.Context(), someTraces(t)))
	require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), someMetrics(t)))

	require.Equal(t, secret, l.items[0].User, "the ledger sees who it was")
	for _, telemetry := range []any{p.logsSink.AllLogs()[0], p.tracesSink.AllTraces()[0], p.metricsSink.AllMetrics()[0]} {
		b := wire(t, telemetry)
		require.NotContains(t, string(b), secret)
		require.Contains(t, string(b), "acme-15")
		require.Contains(t, string(b), "home", "the rest is unchanged")
	}
	require.Equal(t, bytes.Count(wire(t, someMetrics(t)), []byte(secret)),
		bytes.Count(wire(t, p.metricsSink.AllMetrics()[0]), []byte("acme-15")))
}

func TestNothingIsHiddenUnasked(t *testing.T) {
	p := newPipeline(t, &keyedLedger{}, nil)
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), someLogs(t)))
	require.Contains(t, string(wire(t, p.logsSink.AllLogs()[0])), secret)
}

func TestAUserIsHiddenUnderTheKeyOfTheItemsOrganization(t *testing.T) {
	l := &keyedLedger{}
	p := newPipeline(t, l, func(c *Config) { c.Pseudonymize = true })
	ld := plog.NewLogs()
	for _, organization := range []string{"acme", "globex", ""} {
		lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		require.NoError(t, lr.Attributes().FromRaw(map[string]any{"organization.id": organization, "user.id": 12345, "enduser.id": ""}))
	}
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), ld))
	var users []string
	for _, rl := range p.logsSink.AllLogs()[0].ResourceLogs().All() {
		a := rl.ScopeLogs().At(0).LogRecords().At(0).Attributes()
		user, _ := a.Get("user.id")
		users = append(users, user.Str())
		empty, _ := a.Get("enduser.id")
		require.Empty(t, empty.Str())
	}
	require.Equal(t, []string{"acme-5", "globex-5", usage.NoOrganization + "-5"}, users)
}

func TestAPseudonymIsOfTheIDAsItIsCounted(t *testing.T) {
	l := &keyedLedger{}
	p := newPipeline(t, l, func(c *Config) { c.Pseudonymize = true })
	ld := plog.NewLogs()
	for _, user := range []any{3e9, "3000000000", 1.5, true} {
		lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		require.NoError(t, lr.Attributes().FromRaw(map[string]any{"organization.id": "acme", "user.id": user}))
	}
	require.NoError(t, p.logs.ConsumeLogs(t.Context(), ld))
	var users []string
	for _, rl := range p.logsSink.AllLogs()[0].ResourceLogs().All() {
		user, _ := rl.ScopeLogs().At(0).LogRecords().At(0).Attributes().Get("user.id")
		users = append(users, user.Str())
	}
	require.Equal(t, []string{"acme-10", "acme-10", "acme-3", "acme-4"}, users, "what is no id is hidden all the same")
}
