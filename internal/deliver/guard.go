// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// metadataAddresses answer with the credentials of the machine that asks, in one
// cloud or another. No configuration allows them.
var metadataAddresses = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fd00:ec2::254/128"),
	netip.MustParsePrefix("fd20:ce::254/128"),
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("192.0.0.192/32"),
}

// metadata reports whether a network has such an address.
func metadata(network netip.Prefix) bool {
	return slices.ContainsFunc(metadataAddresses, network.Overlaps)
}

// guarded returns a client that calls public addresses, unless it is told to
// call none, and those of networks that are allowed. The address is judged when
// the connection is made, after the name has been resolved, so that a name which
// changes its address in between gains nothing.
func guarded(allowed []netip.Prefix, public bool, trusted *tls.Config) *http.Client {
	var four, six []netip.Prefix
	for _, network := range allowed {
		if network.Addr().Is4() {
			four = append(four, network)
		} else {
			six = append(six, network)
		}
	}
	options := []ssrf.Option{ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(four...), ssrf.WithAllowedV6Prefixes(six...)}
	if !public {
		options = append(options, ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("0.0.0.0/0")), ssrf.WithDeniedV6Prefixes(netip.MustParsePrefix("::/0")))
	}
	guard := ssrf.New(options...)
	judge := func(network, address string, raw syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if ip := at.Addr().Unmap(); metadata(netip.PrefixFrom(ip, ip.BitLen())) {
			return fmt.Errorf("%s is not called: it is an address of a cloud's metadata", ip)
		}
		if guard.Safe(network, address, raw) == nil {
			return nil
		}
		if !public {
			return fmt.Errorf("%s is not called without TLS: use https, or add the address to reports::webhook::allow", at.Addr())
		}
		return fmt.Errorf("%s is no public address: to call it, add it to reports::webhook::allow", at.Addr())
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no proxy, which would dial in our place
			DialContext:         (&net.Dialer{Timeout: 30 * time.Second, Control: judge}).DialContext,
			TLSClientConfig:     trusted,
			TLSHandshakeTimeout: 30 * time.Second,
			DisableKeepAlives:   true, // calls are rare
			ForceAttemptHTTP2:   true,
		},
	}
}
