// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"errors"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/hosts"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Config is the configuration of the usage ledger: what is counted, where its
// page and API are served, and how reports reach people.
type Config struct {
	definition.Config `mapstructure:",squash"`

	// API is the HTTP endpoint of the overview page and the JSON API. Default
	// localhost:8320.
	API Server `mapstructure:"api"`

	// Reports says how the reports of schedules reach their recipients.
	Reports deliver.Config `mapstructure:"reports"`
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
