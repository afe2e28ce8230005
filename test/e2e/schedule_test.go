// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver/mailtest"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// TestACronScheduleMailsTheReportAlsoThroughAKill makes a schedule of each
// minute on the command line, kills the collector when the mail server has the
// mail and nobody knows, and expects the same mail again from the next one.
func TestACronScheduleMailsTheReportAlsoThroughAKill(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t, nil)
	settings := history(t, fmt.Sprintf(`, reports: {mail: {server: "%s", from: usage@example.com, encryption: none}}`, server.Address))
	c := collector.Start(t, settings)
	api := func() string { return "http://" + c.API }
	said, err := collector.Usagectl(t, "schedule", "create", "--api", api(), "--name", "Each minute", "--report", "billing", "--organization", "acme",
		"--format", "csv", "--format", "pdf", "--to", "jane@example.com", "--cadence", "cron: * * * * *")
	require.NoError(t, err)
	require.Contains(t, said, "each-minute: next on ")

	kill := sync.OnceFunc(c.Kill)
	server.Behave(func(mailtest.Mail) error {
		kill()
		return nil
	})
	const patience = 3 * time.Minute // for a minute to begin
	first := server.WaitFor(t, 1, patience)[0]
	c = collector.Start(t, settings)
	mails := server.WaitFor(t, 2, patience)
	require.Equal(t, first.Header.Get("Message-Id"), mails[1].Header.Get("Message-Id"))
	require.Equal(t, first.Text, mails[1].Text, "made as of the same instant")
	require.Contains(t, mails[1].Subject, "Billing report: Acme GmbH")
	require.Contains(t, mails[1].Text, `Sent by the schedule "Each minute" (each-minute).`)

	names := slices.Sorted(maps.Keys(mails[1].Files))
	require.Len(t, names, 2)
	rows, err := csv.NewReader(strings.NewReader(mails[1].Files[names[0]])).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), 1)
	require.True(t, strings.HasPrefix(mails[1].Files[names[1]], "%PDF-"))

	c.Eventually(t, func() error {
		var list []struct{ State, ID string }
		said, err := collector.Usagectl(t, "schedule", "history", "--api", api(), "each-minute", "--output", "json")
		if err == nil {
			err = json.Unmarshal([]byte(said), &list)
		}
		if err == nil && !slices.ContainsFunc(list, func(d struct{ State, ID string }) bool {
			return d.State == "delivered" && "<"+d.ID+"@example.com>" == first.Header.Get("Message-Id")
		}) {
			err = fmt.Errorf("not delivered: %v", list)
		}
		return err
	})
}
