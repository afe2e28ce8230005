// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// longOnly leaves a test to make crash: it has passed, and has also not been done
// within minutes on a machine that was busy, and why is not found yet.
func longOnly(t *testing.T, what string) {
	t.Helper()
	if !campaign.Long() {
		campaign.NotRun(t, what, "takes minutes on a busy machine; make crash runs it")
	}
}
