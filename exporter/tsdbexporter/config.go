// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/hosts"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
)

const (
	// defaultEndpoint is where Prometheus listens, on this machine only.
	defaultEndpoint = "localhost:9090"
	// defaultExternalURL is where Grafana listens.
	defaultExternalURL = "http://localhost:3000"
)

// Config is the configuration of the tsdb exporter.
type Config struct {
	// Directory holds the blocks and the write-ahead log of the store. It
	// belongs to one exporter of one process. Default ./data/tsdb.
	Directory string `mapstructure:"directory"`

	// Retention is how long samples are kept; days may be written d. At least
	// 1d. Default 400d.
	Retention definition.Duration `mapstructure:"retention"`

	// RuleFiles are paths or patterns of rule files as Prometheus reads them.
	// They are evaluated with each collection, and read anew when they change.
	// Default none.
	RuleFiles []string `mapstructure:"rule_files"`

	// Alertmanagers are told of the alerts of the rules, as host:port or
	// http(s)://host:port/prefix. Default none: alerts then show on the API and
	// reach nobody.
	Alertmanagers []string `mapstructure:"alertmanagers"`

	// ExternalURL is where links in alerts lead, as Grafana's address. Default
	// http://localhost:3000.
	ExternalURL string `mapstructure:"external_url"`

	// Queries are the limits of queries (query): a query that needs more is
	// refused, so that none keeps the process from storing and counting.
	Queries query.Limits `mapstructure:"query"`

	// API is the HTTP server of the Prometheus API: endpoint, tls, auth, cors
	// and so on. Default endpoint localhost:9090.
	API confighttp.ServerConfig `mapstructure:",squash"`

	// Ledger is the id of the usage_ledger extension whose catalogue says what
	// authenticated clients may read. Default usage_ledger. Where auth is
	// configured, it has to be there.
	Ledger component.ID `mapstructure:"ledger"`

	// AllowedHosts are host names that the API answers to besides addresses,
	// localhost, names without a dot and the endpoint's own: as
	// usage.example.com, or *.example.com. Default none.
	AllowedHosts hosts.Names `mapstructure:"allowed_hosts"`

	// Queue holds metrics while the store takes none (sending_queue). Off by
	// default: the sender waits until its metrics are stored.
	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`

	// Retry repeats what the store could not take now, as on a full disk.
	Retry configretry.BackOffConfig `mapstructure:"retry_on_failure"`
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

func createDefaultConfig() component.Config {
	api := confighttp.NewDefaultServerConfig()
	api.NetAddr.Endpoint = defaultEndpoint
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.NumConsumers = 1 // the store takes one append at a time, oldest first
	retry := configretry.NewDefaultBackOffConfig()
	// Without a queue the sender waits meanwhile, and the usage receiver sends
	// each minute: give up before the next one is due.
	retry.InitialInterval, retry.MaxInterval, retry.MaxElapsedTime = time.Second, 5*time.Second, 30*time.Second
	return &Config{
		Directory:   "./data/tsdb",
		Retention:   definition.Duration(promstore.DefaultRetention),
		ExternalURL: defaultExternalURL,
		Queries:     query.DefaultLimits(),
		API:         api,
		Ledger:      component.MustNewID("usage_ledger"),
		Queue:       configoptional.Default(queue),
		Retry:       retry,
	}
}

// Unmarshal refuses keys that nobody knows. The HTTP server's own reading of
// its keys, which stand beside ours, lets all others pass; a type without its
// methods does not.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	type server confighttp.ServerConfig
	var known struct {
		Directory     any                       `mapstructure:"directory"`
		Retention     any                       `mapstructure:"retention"`
		Rules         any                       `mapstructure:"rule_files"`
		Alertmanagers any                       `mapstructure:"alertmanagers"`
		ExternalURL   any                       `mapstructure:"external_url"`
		Queries       query.Limits              `mapstructure:"query"`
		API           server                    `mapstructure:",squash"`
		Ledger        any                       `mapstructure:"ledger"`
		AllowedHosts  any                       `mapstructure:"allowed_hosts"`
		Queue         any                       `mapstructure:"sending_queue"` // strict by itself
		Retry         configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	}
	if err := conf.Unmarshal(&known); err != nil {
		return err
	}
	return conf.Unmarshal(c)
}

// Validate judges what the parts of the configuration do not judge themselves.
func (c *Config) Validate() error {
	var errs []error
	if c.Directory == "" {
		errs = append(errs, errors.New(`directory: "" is no directory: name one that this exporter alone uses, as ./data/tsdb`))
	}
	if c.Retention.Std() < promstore.MinRetention {
		errs = append(errs, fmt.Errorf("retention: %s is too short: write %s or longer", c.Retention, definition.Duration(promstore.MinRetention)))
	}
	if c.API.NetAddr.Endpoint == "" {
		errs = append(errs, fmt.Errorf(`endpoint: "" is no address: write host:port, as %s`, defaultEndpoint))
	}
	if err := c.AllowedHosts.Check("allowed_hosts"); err != nil {
		errs = append(errs, err)
	}
	for i, address := range c.Alertmanagers {
		if err := promstore.CheckAlertmanager(address); err != nil {
			errs = append(errs, fmt.Errorf("alertmanagers[%d]: %w", i, err))
		}
	}
	if u, err := url.Parse(c.ExternalURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, fmt.Errorf("external_url: %q is no address of a site: write it as %s", c.ExternalURL, defaultExternalURL))
	}
	return errors.Join(errs...)
}
