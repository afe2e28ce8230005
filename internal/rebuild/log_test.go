// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestABrokerThatIsAwayIsToldOf(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = OpenLog(ctx, []string{"usage-a-logs"}, time.Time{}, kgo.SeedBrokers(listener.Addr().String()))
	require.ErrorContains(t, err, `ask the brokers for the offsets of topics ["usage-a-logs"]`)
}
