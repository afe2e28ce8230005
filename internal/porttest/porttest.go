// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package porttest finds ports for programs of tests that cannot choose one by
// themselves, or are started again at the same one. Whoever can listens at port 0.
package porttest

import (
	"fmt"
	"net"
	"os"
	"sync/atomic"
)

// Ports are below those that systems give to port 0 and to who connects: one of
// these is somebody's at any time. Packages are tested side by side, each by a
// process of its own, so that neighbors have ports of their own.
const (
	lowest    = 10_000
	blocks    = 100
	blockSize = 200
)

var taken atomic.Uint32 // in this process

// Free returns an address of this machine, as host:port, that nobody listens on and
// that is given to nobody else while the next hundreds are.
func Free() string {
	block := lowest + os.Getpid()%blocks*blockSize
	for range blockSize {
		address := fmt.Sprintf("127.0.0.1:%d", block+int(taken.Add(1)%blockSize))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			panic(err)
		}
		return address
	}
	panic(fmt.Sprintf("no port is free from %d on, of %d", block, blockSize))
}

// FreePort returns the port of a free address.
func FreePort() string {
	_, port, err := net.SplitHostPort(Free())
	if err != nil {
		panic(err)
	}
	return port
}
