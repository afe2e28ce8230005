// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package hosts keeps pages of other sites from reading a server through their
// visitors' browsers: by DNS rebinding such a page has its own name point to the
// server's address, and is then of the same origin. The request still says the
// page's name as its Host, and [Names.Protect] refuses names that are not the
// server's.
//
// An attacker's name is one that public DNS has. So addresses are answered to,
// and localhost, and names of one label, as containers and machines of a network
// know each other by; names with a dot have to be listed.
package hosts

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Names are host names that a server answers to besides those that are safe: as
// usage.example.com, *.example.com for all below it, or * for every name.
type Names []string

// Check says which names are none. key is what the configuration calls them.
func (n Names) Check(key string) error {
	for i, name := range n {
		bare := strings.TrimPrefix(name, "*.")
		if name != "*" && (bare == "" || strings.ContainsAny(bare, "*/: \t")) {
			return fmt.Errorf("%s[%d]: %q is no host name: write usage.example.com, *.example.com or *, without scheme and port", key, i, name)
		}
	}
	return nil
}

// open are the paths of probes, which tell nothing, for whatever name a load
// balancer asks them by.
var open = []string{"/-/healthy", "/-/ready"}

// Protect answers what does not come by a name of the server's with 421. endpoint
// is what the server is bound to, whose host is a name of it. key is what the
// configuration calls the names.
func (n Names) Protect(endpoint, key string, next http.Handler) http.Handler {
	bound, _, _ := net.SplitHostPort(endpoint) // "" where it has none
	known := n
	if bound != "" {
		known = append(slices.Clone(n), bound)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(open, r.URL.Path) || known.has(nameOf(r.Host)) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusMisdirectedRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{ // the client has gone if it fails
			"status": "error", "errorType": "misdirected",
			"error": fmt.Sprintf("the host %.100q is no name of this server: add it to %s, or ask by address", nameOf(r.Host), key),
		})
	})
}

// nameOf is a Host without port, brackets and the dot at the end of a full name.
func nameOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func (n Names) has(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost") {
		return true
	}
	return slices.ContainsFunc(n, func(known string) bool {
		known = strings.ToLower(strings.TrimSuffix(known, "."))
		below, wild := strings.CutPrefix(known, "*")
		return known == name || wild && strings.HasSuffix(name, below)
	})
}
