// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"net"
	"sync"

	"google.golang.org/grpc/peer"
)

// arrivals divides what a share has for gRPC requests that have not arrived yet
// among those who send them. Each holds as much as the largest message for as long as
// its sender likes, up to limits::timeout: 64 streams of which nothing comes would
// else be the whole share, and everybody else be told to come back.
//
//	three quarters    whoever comes
//	the next eighth   connections that have less than a quarter
//	the last eighth   addresses that have less than a half
//
// So another connection finds room beside one that takes all that it can, and another
// address beside one with any number of connections.
type arrivals struct {
	size int64 // of the share

	mu   sync.Mutex
	all  int64
	from map[string]int64 // by connection, and by address
}

func newArrivals(size int64) *arrivals { return &arrivals{size: size, from: map[string]int64{}} }

// take reserves bytes for a request of a connection, or reports that it is for others
// to come first. The caller gives them back.
func (a *arrivals) take(connection string, bytes int64) bool {
	address := hostOf(connection)
	a.mu.Lock()
	defer a.mu.Unlock()
	after := a.all + bytes
	if after > a.size*3/4 && a.from[connection] >= a.size/4 || after > a.size*7/8 && a.from[address] >= a.size/2 {
		return false
	}
	a.add(connection, address, bytes)
	return true
}

func (a *arrivals) giveBack(connection string, bytes int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.add(connection, hostOf(connection), -bytes)
}

func (a *arrivals) add(connection, address string, bytes int64) {
	a.all += bytes
	for _, from := range []string{connection, address} {
		if a.from[from] += bytes; a.from[from] == 0 {
			delete(a.from, from)
		}
	}
}

// hostOf returns the address of a connection without its port; of one that has
// none, as a socket's, something that no connection is called.
func hostOf(connection string) string {
	if host, _, err := net.SplitHostPort(connection); err == nil {
		return host
	}
	return "of " + connection
}

// connectionOf returns the connection that a request comes by.
func connectionOf(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return ""
}
