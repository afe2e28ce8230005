// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// learners changes the definition of a meter of the default configuration.
const learners = "extensions: {usage_ledger: {meters: {active_learners: {effective_from: %q, condition: 'attributes[\"user.status\"] == \"enrolled\"'}}}}"

// A configuration that would end the process at a reload is refused by validate,
// while the process runs and holds its ledger.
func TestValidateRefusesWhatAReloadWouldNotSurvive(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	c := collector.Start(t, collector.Settings{Directory: directory, Overlay: idle})
	require.NoError(t, c.Validate(t))
	require.Equal(t, http.StatusOK, c.Send(t, document("acme")))

	for overlay, says := range map[string]string{
		fmt.Sprintf(learners, "2020-01-01"):                                         `meters::active_learners: effective_from "2020-01-01": the definition has changed, and a changed one takes effect on a later day`,
		"extensions: {usage_ledger: {meters: {operators: {idle_timeout: 20m}}}}":    "meters::operators: idle_timeout is 20m0s, but this ledger has counted with 30m0s",
		"extensions: {usage_ledger: {meters: {api_calls: {windows: [fortnight]}}}}": `meters::api_calls::windows[0]: unknown window "fortnight"`,
	} {
		c.Configure(t, overlay)
		require.ErrorContains(t, c.Validate(t), says)
	}
	require.True(t, c.Alive())

	c.Configure(t, fmt.Sprintf(learners, time.Now().AddDate(0, 0, 2).Format(time.DateOnly)))
	require.NoError(t, c.Validate(t))
	c.Hangup(t)
	c.Eventually(t, func() error {
		if n := strings.Count(c.Log(t), "Everything is ready"); n != 2 {
			return fmt.Errorf("was ready %d times", n)
		}
		return nil
	})
	known, err := os.ReadFile(filepath.Join(c.Ledger, "DEFINITIONS"))
	require.NoError(t, err)
	require.Contains(t, string(known), "enrolled")

	// What validate refuses ends the process, with an exit code by which a
	// service manager starts it again, and what it had counted stays.
	c.Configure(t, strings.Replace(fmt.Sprintf(learners, "2020-01-01"), "enrolled", "trial", 1))
	c.Hangup(t)
	require.NotZero(t, c.End(t, 30*time.Second))
	require.Contains(t, problem(c.Log(t)), `effective_from "2020-01-01"`)
	c = collector.Start(t, collector.Settings{Directory: directory, Overlay: fmt.Sprintf(learners, time.Now().AddDate(0, 0, 2).Format(time.DateOnly))})
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, collector.Items{"counted": 1}, items["acme"])
}
