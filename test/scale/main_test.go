// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// howMany is how many events a test sends: as many as USAGE_SCALE_EVENTS says, or
// those of a sample or of the whole campaign.
func howMany(t *testing.T, sample, whole int) int {
	t.Helper()
	text := os.Getenv("USAGE_SCALE_EVENTS")
	if text == "" {
		return campaign.Pick(sample, whole)
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "USAGE_SCALE_EVENTS")
	return n
}
