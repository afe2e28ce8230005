// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// network is a network namespace with a loopback device, as a compose project
// has a network: services listen on the ports that the file gives them,
// whatever else runs on the machine. It is gone with its last user.
type network struct{ namespace *os.File }

func newNetwork(t *testing.T) *network {
	t.Helper()
	n, made := &network{}, make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		made <- n.make()
	}()
	require.NoError(t, <-made, "this test makes a network of its own: run it as root")
	t.Cleanup(func() { require.NoError(t, n.namespace.Close()) })
	return n
}

func (n *network) make() (err error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	if n.namespace, err = os.Open("/proc/thread-self/ns/net"); err != nil {
		return err
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }() // it only carries the request
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback)
}

// inside runs f on a thread that is in the network.
func (n *network) inside(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // as above
		err := unix.Setns(int(n.namespace.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// path is how another program names the network.
func (n *network) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.namespace.Fd()) }

// dial connects to a service by its port; they all are on the loopback device.
func (n *network) dial(ctx context.Context, protocol, address string) (c net.Conn, err error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	err = n.inside(func() (err error) {
		c, err = (&net.Dialer{}).DialContext(ctx, protocol, net.JoinHostPort("127.0.0.1", port))
		return err
	})
	return c, err
}

// listen is where a test stands in for a service.
func (n *network) listen(address string) (l net.Listener, err error) {
	err = n.inside(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	return l, err
}
