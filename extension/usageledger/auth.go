// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import "net"

// local reports whether an address is reached from the same machine only.
func local(a net.Addr) bool {
	tcp, network := a.(*net.TCPAddr)
	return !network || tcp.IP.IsLoopback()
}

// hasPrincipals reports whether the catalogue gives anybody a right.
func (e *ledgerExtension) hasPrincipals() bool {
	c, _ := e.catalogue.current()
	return c != nil && len(c.Principals) > 0
}
