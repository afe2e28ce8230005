// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/hosts"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Config is the configuration of the usage ledger: what is counted, where its
// page and API are served, and how reports reach people.
type Config struct {
	definition.Config `mapstructure:",squash"`

	// API is the HTTP endpoint of the overview page and the JSON API. Default
	// localhost:8320.
	API Server `mapstructure:"api"`

	// Shard says which part of the organizations this ledger counts. Default: all.
	Shard Shard `mapstructure:"shard"`

	// Reports says how the reports of schedules reach their recipients.
	Reports deliver.Config `mapstructure:"reports"`
}

// Shard is what makes a ledger one of several.
type Shard struct {
	// Map is the file that says which shard counts which organization, the same
	// as the gateway reads. It is reloaded when it changes. Items of other
	// organizations are unauthorized. Default none: what arrives is this shard's,
	// as where a load balancer without a map decides.
	Map string `mapstructure:"map"`

	// Name is this shard's, in the map where there is one. Series of the process
	// carry it as label shard.
	Name string `mapstructure:"name"`
}

// Validate judges the map too, as it is now.
func (s *Shard) Validate() error {
	if s.Name == "" {
		if s.Map != "" {
			return fmt.Errorf(`shard::name: "": name the shard of %s that this is`, s.Map)
		}
		return nil
	}
	if err := shard.CheckName(s.Name); err != nil {
		return fmt.Errorf("shard::name: %w", err)
	}
	if s.Map == "" {
		return nil
	}
	if _, err := shard.Load(s.Map, s.Name, identity.Rule{}, zap.NewNop()); err != nil {
		return fmt.Errorf("shard::map: %w", err)
	}
	return nil
}

func createDefaultConfig() component.Config {
	api := confighttp.NewDefaultServerConfig()
	api.NetAddr.Endpoint = "localhost:8320"
	return &Config{Config: definition.Default(), API: Server{ServerConfig: api}}
}

// Server is an HTTP server with the names that it answers to.
type Server struct {
	confighttp.ServerConfig `mapstructure:",squash"`

	// AllowedHosts are host names that the server answers to besides addresses,
	// localhost, names without a dot and the endpoint's own: as
	// usage.example.com, or *.example.com. Default none.
	AllowedHosts hosts.Names `mapstructure:"allowed_hosts"`

	// Peers are other shards, whose organizations the answers have as well.
	// Default none.
	Peers []Peer `mapstructure:"peers"`
}

// Unmarshal refuses keys that nobody knows: the server's own reading of its keys
// lets them pass, a type without its methods does not.
func (s *Server) Unmarshal(conf *confmap.Conf) error {
	type server confighttp.ServerConfig
	var known struct {
		AllowedHosts any    `mapstructure:"allowed_hosts"`
		Peers        any    `mapstructure:"peers"`
		Server       server `mapstructure:",squash"`
	}
	if err := conf.Unmarshal(&known); err != nil {
		return err
	}
	return conf.Unmarshal(s)
}

// Validate judges the names; the rest judges itself.
func (s *Server) Validate() error { return s.AllowedHosts.Check("allowed_hosts") }

// Validate judges the configuration, also against what the ledger in its
// directory has counted with, and returns all errors joined, each with its YAML
// path, the value and a remedy.
func (c *Config) Validate() error {
	var errs []error
	if c.API.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New(`api::endpoint: "": name host and port, as localhost:8320`))
	}
	if err := errors.Join(checkPeers(c.API.Peers), c.Reports.Check()); err != nil {
		errs = append(errs, err)
	}
	if c.Shard.Map != "" && c.Identity.Normalize == "" {
		errs = append(errs, errors.New(`identity::normalize: "": name it, as trim, and the same at the gateway: an organization is where its spelling is`))
	}
	x, err := c.Extraction()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if _, err := extract.New(x); err != nil { // compiles the conditions
		errs = append(errs, err)
	}
	if err := versions.CheckDefinitions(c.Directory, x.Meters, time.Now()); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
