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

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// Config is the configuration of the usage ledger: what is counted, where its
// page and API are served, and how reports reach people.
type Config struct {
	definition.Config `mapstructure:",squash"`

	// API is the HTTP endpoint of the overview page and the JSON API. Default
	// localhost:8320.
	API confighttp.ServerConfig `mapstructure:"api"`

	// Reports says how the reports of schedules reach their recipients.
	Reports deliver.Config `mapstructure:"reports"`
}

func createDefaultConfig() component.Config {
	api := confighttp.NewDefaultServerConfig()
	api.NetAddr.Endpoint = "localhost:8320"
	return &Config{Config: definition.Default(), API: api}
}

// Unmarshal refuses keys of the API's server that nobody knows: the server's
// own reading of its keys lets them pass, a type without its methods does not.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	type server confighttp.ServerConfig
	api, err := conf.Sub("api")
	if err != nil {
		return err
	}
	var known server
	if err := api.Unmarshal(&known); err != nil {
		return fmt.Errorf("api: %w", err)
	}
	return conf.Unmarshal(c)
}

// Validate judges the configuration, also against what the ledger in its
// directory has counted with, and returns all errors joined, each with its YAML
// path, the value and a remedy.
func (c *Config) Validate() error {
	var errs []error
	if c.API.NetAddr.Endpoint == "" {
		errs = append(errs, errors.New(`api::endpoint: "": name host and port, as localhost:8320`))
	}
	if err := c.Reports.Check(); err != nil {
		errs = append(errs, err)
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
