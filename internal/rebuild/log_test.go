// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
)

func TestABrokerThatIsAwayIsToldOf(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := OpenLog(ctx, []string{"usage-a-logs"}, time.Time{}, kgo.SeedBrokers(porttest.Free()))
	require.ErrorContains(t, err, `ask the brokers for the offsets of topics ["usage-a-logs"]`)
}
