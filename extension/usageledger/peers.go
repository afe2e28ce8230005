// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/peers"
)

// Peer is another shard, whose organizations pages, reports and API have beside
// those of this ledger.
type Peer struct {
	// Name is what answers call the shard when it is missing. Default host and
	// port of its endpoint.
	Name string `mapstructure:"name"`

	// HTTP is where its usage API answers, with TLS, credentials and timeout.
	// Default timeout 10s: a shard that takes longer is missing in the answer.
	HTTP confighttp.ClientConfig `mapstructure:",squash"`
}

// peerTimeout is how long people wait for a shard that does not answer.
const peerTimeout = 10 * time.Second

// Unmarshal reads a peer over its defaults.
func (p *Peer) Unmarshal(conf *confmap.Conf) error {
	p.HTTP = confighttp.NewDefaultClientConfig()
	p.HTTP.Timeout = peerTimeout
	return conf.Unmarshal(p)
}

var peerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`)

// name is the peer's own, or that of its address.
func (p *Peer) name() string {
	if p.Name != "" {
		return p.Name
	}
	at, err := url.Parse(p.HTTP.Endpoint)
	if err != nil {
		return ""
	}
	return at.Host
}

// checkPeers judges names and addresses.
func checkPeers(list []Peer) error {
	var errs []error
	names := map[string]bool{}
	for i := range list {
		p := &list[i]
		at, err := url.Parse(p.HTTP.Endpoint)
		switch {
		case err != nil, at.Scheme != "http" && at.Scheme != "https", at.Host == "", at.RawQuery != "", at.User != nil:
			errs = append(errs, fmt.Errorf("api::peers::%d::endpoint: %q: write the address of the shard's usage API, as http://shard-1:8320", i, p.HTTP.Endpoint))
		case !peerName.MatchString(p.name()):
			errs = append(errs, fmt.Errorf("api::peers::%d::name: %q: use letters, digits, points and dashes", i, p.name()))
		case names[p.name()]:
			errs = append(errs, fmt.Errorf("api::peers::%d::name: %q: two peers have it: give each its own", i, p.name()))
		case p.HTTP.Timeout <= 0:
			errs = append(errs, fmt.Errorf("api::peers::%d::timeout: %s: a shard that never answers would be waited for without end: use some seconds, as 10s", i, p.HTTP.Timeout))
		}
		names[p.name()] = true
	}
	return errors.Join(errs...)
}

// openPeers makes the clients of the peers; nil: there are none.
func (e *ledgerExtension) openPeers(ctx context.Context, extensions map[component.ID]component.Component) (*peers.Peers, error) {
	if len(e.config.API.Peers) == 0 {
		return nil, nil //nolint:nilnil // there are none
	}
	all := &peers.Peers{Logger: e.logger}
	for i := range e.config.API.Peers {
		p := &e.config.API.Peers[i]
		at, err := url.Parse(p.HTTP.Endpoint)
		if err != nil {
			return nil, err
		}
		within := p.HTTP.Timeout
		settings := p.HTTP
		settings.Timeout = 0 // of a list of a million users it would be too short, see [peers.Peer]
		client, err := settings.ToClient(ctx, extensions, e.set)
		if err != nil {
			return nil, fmt.Errorf("api::peers::%d: %w", i, err)
		}
		all.All = append(all.All, peers.Peer{Name: p.name(), URL: at, Client: client, Within: within})
	}
	e.logger.Info("answers have the organizations of other shards", zap.Int("shards", len(all.All)))
	return all, nil
}
