// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Config is the configuration of the usage OTLP receiver.
type Config struct {
	// Ledger is the id of the usage_ledger extension that counts the items.
	// Default usage_ledger. It must be among service::extensions.
	Ledger component.ID `mapstructure:"ledger"`

	// Forward lists the signals that go on into the pipeline once they are
	// counted. Default all: logs, traces, metrics. What is not forwarded is not
	// decoded, which is most of what receiving costs.
	Forward []string `mapstructure:"forward"`

	// Undecoded has requests go on into the pipeline as the bytes that they came as,
	// and counts nothing, as a gateway does: its usage_route reads them, and the
	// encoding usage_encoding writes them. Ledger and Forward are of no effect then.
	// Default false.
	Undecoded bool `mapstructure:"undecoded"`

	// Limits bound requests.
	Limits LimitsConfig `mapstructure:"limits"`

	// Protocols are the servers. Default both, at localhost:4317 and
	// localhost:4318 where their key is there.
	Protocols Protocols `mapstructure:"protocols"`
}

// LimitsConfig bounds what a request may be and what all may take together.
// How many bytes a request may have is the servers' own: max_recv_msg_size_mib
// of gRPC, max_request_body_size of HTTP, both after decompression.
type LimitsConfig struct {
	// Elements is how many resources, scopes, records, attributes, values of
	// lists and buckets a request may have together. Default 1000000.
	Elements int `mapstructure:"elements"`

	// Nesting is how many lists and maps may lie in one another. Default 64.
	Nesting int `mapstructure:"nesting"`

	// MemoryMiB is how much memory the requests take together that are being
	// received, decoded and counted. Default 256. What would not fit is told to
	// come back: 429 or ResourceExhausted, with the time after which.
	MemoryMiB int64 `mapstructure:"memory_mib"`

	// Timeout is how long a gRPC request may take from its first byte to its
	// answer. Default 30s. HTTP has read_timeout and write_timeout.
	Timeout time.Duration `mapstructure:"timeout"`
}

// Protocols are the servers of the receiver.
type Protocols struct {
	// GRPC serves OTLP/gRPC.
	GRPC configoptional.Optional[configgrpc.ServerConfig] `mapstructure:"grpc"`
	// HTTP serves OTLP/HTTP, protobuf and JSON, at /v1/logs, /v1/traces and
	// /v1/metrics.
	HTTP configoptional.Optional[confighttp.ServerConfig] `mapstructure:"http"`
}

const mib = 1 << 20

// maxGRPCMessage is what gRPC takes where max_recv_msg_size_mib is not set, and
// maxHTTPBody what HTTP takes where max_request_body_size is not.
const (
	maxGRPCMessage = 4 * mib
	maxHTTPBody    = 20 * mib
)

func createDefaultConfig() component.Config {
	grpc := configgrpc.NewDefaultServerConfig()
	grpc.NetAddr.Endpoint = "localhost:4317"
	grpc.ReadBufferSize = 512 << 10 // as the otlp receiver has it
	grpc.MaxRecvMsgSizeMiB = maxGRPCMessage / mib
	// Senders have a few requests under way; one connection must not take the
	// share of all the others.
	grpc.MaxConcurrentStreams = 64
	keepalive := grpc.Keepalive.Get()
	parameters := keepalive.ServerParameters.Get()
	parameters.Time, parameters.Timeout = time.Minute, 20*time.Second // a peer that is gone is found out
	policy := keepalive.EnforcementPolicy.Get()
	policy.MinTime, policy.PermitWithoutStream = 10*time.Second, true

	http := confighttp.NewDefaultServerConfig()
	http.NetAddr.Endpoint = "localhost:4318"
	http.ReadHeaderTimeout = 10 * time.Second
	http.ReadTimeout = 30 * time.Second
	http.WriteTimeout = time.Minute
	http.IdleTimeout = time.Minute
	http.MaxRequestBodySize = maxHTTPBody
	http.CompressionAlgorithms = []string{"", "gzip", "zstd"} // what SDKs and Collectors use; each is a decoder more to be attacked

	return &Config{
		Ledger:  component.MustNewID("usage_ledger"),
		Forward: []string{usage.Logs.String(), usage.Traces.String(), usage.Metrics.String()},
		Limits:  LimitsConfig{Elements: 1_000_000, Nesting: 64, MemoryMiB: 256, Timeout: 30 * time.Second},
		Protocols: Protocols{
			GRPC: configoptional.Default(grpc),
			HTTP: configoptional.Default(http),
		},
	}
}

var _ confmap.Unmarshaler = (*Config)(nil)

// Unmarshal refuses keys of the HTTP server that nobody knows: the server's own
// reading of its keys lets them pass, a type without its methods does not.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	type server confighttp.ServerConfig
	const path = "protocols::http"
	if conf.IsSet(path) {
		http, err := conf.Sub(path)
		if err != nil {
			return err
		}
		var known server
		if err := http.Unmarshal(&known); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return conf.Unmarshal(c)
}

var _ confmap.Validator = (*Config)(nil)

// Validate judges what can be judged without the other components.
func (c *Config) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Ledger == (component.ID{}) {
		refuse("ledger is empty: name the usage_ledger extension that counts, as in `ledger: usage_ledger`")
	}
	for _, signal := range c.Forward {
		if !slices.Contains(signals[:], signal) {
			refuse("forward: %q is no signal: list some of %s, or none by []", signal, strings.Join(signals[:], ", "))
		}
	}
	l := c.Limits
	if l.Elements < 1 {
		refuse("limits::elements: %d is less than 1: write how many records, attributes and other elements a request may have, like 1000000", l.Elements)
	}
	if l.Nesting < 1 || l.Nesting > otlp.MaxNesting {
		refuse("limits::nesting: %d is not within 1 to %d: write how many lists and maps may lie in one another, like 64", l.Nesting, otlp.MaxNesting)
	}
	if l.Timeout <= 0 {
		refuse("limits::timeout: %s is no time to answer a request in: write a duration like 30s", l.Timeout)
	}
	if !c.Protocols.GRPC.HasValue() && !c.Protocols.HTTP.HasValue() {
		refuse("protocols: there is none: write grpc or http, or both, with an endpoint")
	}
	if least := 2 * c.largest(); l.MemoryMiB*mib < least {
		refuse("limits::memory_mib: %d is less than %d, twice the largest request: raise it, or lower max_recv_msg_size_mib of grpc and max_request_body_size of http", l.MemoryMiB, (least+mib-1)/mib)
	}
	if http := c.Protocols.HTTP.Get(); http != nil && http.NetAddr.Endpoint == "" {
		refuse(`protocols::http::endpoint: "": name host and port, as localhost:4318`)
	}
	if grpc := c.Protocols.GRPC.Get(); grpc != nil && grpc.NetAddr.Endpoint == "" {
		refuse(`protocols::grpc::endpoint: "": name host and port, as localhost:4317`)
	}
	return errors.Join(errs...)
}

// signals are the names of the signals, by their numbers.
var signals = [usage.NumSignals]string{usage.Logs.String(), usage.Traces.String(), usage.Metrics.String()}

// largest is the size of the largest request that the servers take.
func (c *Config) largest() (size int64) {
	if c.Protocols.GRPC.HasValue() {
		size = c.largestMessage()
	}
	if http := c.Protocols.HTTP.Get(); http != nil {
		body := http.MaxRequestBodySize
		if body <= 0 {
			body = maxHTTPBody
		}
		size = max(size, body)
	}
	return size
}

// largestMessage is the size of the largest request that gRPC takes.
func (c *Config) largestMessage() int64 {
	if n := c.Protocols.GRPC.Get().MaxRecvMsgSizeMiB; n > 0 {
		return int64(n) * mib
	}
	return maxGRPCMessage
}

// forwards tells by signal whether it goes on.
func (c *Config) forwards() (forwards [usage.NumSignals]bool) {
	for i, signal := range signals {
		forwards[i] = slices.Contains(c.Forward, signal)
	}
	return forwards
}
