// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// sender is a connection of its own, from an address of this machine.
func sender(t *testing.T, d *door, address string) *door {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+d.grpcAt, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, to string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext(ctx, "tcp", to)
		}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return &door{conn: conn}
}

// stall begins requests of which nothing comes.
func stall(t *testing.T, d *door, streams int) {
	t.Helper()
	for range streams {
		_, err := d.conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, "/"+services[usage.Logs]+"/Export", grpc.ForceCodecV2(raw{}))
		require.NoError(t, err)
	}
}

func TestStreamsThatDoNotGoOnKeepNobodyElseOut(t *testing.T) {
	d := open(t, &ledger{}, nil, nil)
	sample := sample(t, usage.Logs, false)
	held := func() int64 {
		d.r.arrivals.mu.Lock()
		defer d.r.arrivals.mu.Unlock()
		return d.r.arrivals.all
	}
	taken := func(bytes int64) {
		t.Helper()
		require.Eventually(t, func() bool { return held() == bytes }, 10*time.Second, time.Millisecond)
	}
	greedy := sender(t, d, "127.0.0.1")
	stall(t, greedy, 64)
	taken(192 * mib)
	_, err := sender(t, d, "127.0.0.1").grpc(t.Context(), usage.Logs, sample)
	require.NoError(t, err, "another connection of the same address")

	for range 20 {
		stall(t, sender(t, d, "127.0.0.1"), 64)
	}
	taken(224 * mib)
	_, err = sender(t, d, "127.0.0.1").grpc(t.Context(), usage.Logs, sample)
	require.Equal(t, codes.ResourceExhausted, code(err), "the address has more than its part")
	_, err = sender(t, d, "127.0.0.2").grpc(t.Context(), usage.Logs, sample)
	require.NoError(t, err, "another address")
	ways["http"](t, d, usage.Logs)
}

func TestArrivalsAreGivenBack(t *testing.T) {
	a := newArrivals(64)
	require.True(t, a.take("10.0.0.1:1", 48))
	require.False(t, a.take("10.0.0.1:1", 4))
	require.True(t, a.take("10.0.0.1:2", 8), "another connection")
	require.False(t, a.take("10.0.0.1:2", 4))
	require.True(t, a.take("10.0.0.2:1", 4), "another address")
	require.True(t, a.take("@", 4), "a socket")
	for connection, bytes := range map[string]int64{"10.0.0.1:1": 48, "10.0.0.1:2": 8, "10.0.0.2:1": 4, "@": 4} {
		a.giveBack(connection, bytes)
	}
	require.Empty(t, a.from)
	require.Zero(t, a.all)
}
