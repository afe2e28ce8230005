// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package aside

import (
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Beside a worker that has the only processor, what arrives from the network is soon
// answered: by runtime.Gosched it is not before the runtime's watch looks, each 10 ms.
func TestTheNetworkIsAskedBesideAWorker(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	client, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	server, err := listener.Accept()
	require.NoError(t, err)
	go func() {
		for b := make([]byte, 1); ; {
			if _, err := server.Read(b); err != nil {
				return
			}
			_, _ = server.Write(b) // the client misses it
		}
	}()
	waits := make(chan []time.Duration)
	go func() {
		var took []time.Duration
		for b := make([]byte, 1); len(took) < 51; {
			began := time.Now()
			_, err := client.Write(b)
			if err == nil {
				_, err = client.Read(b)
			}
			if err != nil {
				break
			}
			took = append(took, time.Since(began))
		}
		waits <- took
	}()
	var w Worker
	for {
		select {
		case took := <-waits:
			require.Len(t, took, 51)
			slices.Sort(took)
			t.Logf("p50 %s, at most %s", took[25], took[50])
			require.Less(t, took[25], 5*time.Millisecond, "it is asked twice on each way")
			require.NoError(t, client.Close())
			require.NoError(t, server.Close())
			require.NoError(t, listener.Close())
			return
		default:
			w.Aside()
		}
	}
}
