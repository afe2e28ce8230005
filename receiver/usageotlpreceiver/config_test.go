// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"gopkg.in/yaml.v3"
)

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &m))
	c := createDefaultConfig().(*Config)
	if err := confmap.NewFromStringMap(m).Unmarshal(c); err != nil {
		return c, err
	}
	return c, c.Validate()
}

func TestEndpointsAndTimeOutsAreSetWhereAProtocolIsNamed(t *testing.T) {
	c, err := load(t, `protocols: {grpc: , http: }`)
	require.NoError(t, err)
	grpc, http := c.Protocols.GRPC.Get(), c.Protocols.HTTP.Get()
	require.Equal(t, "localhost:4317", grpc.NetAddr.Endpoint)
	require.Equal(t, 4, grpc.MaxRecvMsgSizeMiB)
	require.Equal(t, time.Minute, grpc.Keepalive.Get().ServerParameters.Get().Time)
	require.Equal(t, "localhost:4318", http.NetAddr.Endpoint)
	for _, limit := range []time.Duration{http.ReadHeaderTimeout, http.ReadTimeout, http.WriteTimeout, http.IdleTimeout, c.Limits.Timeout} {
		require.Positive(t, limit)
	}
	require.Equal(t, [3]bool{true, true, true}, c.forwards())
}

func TestForwardIsAList(t *testing.T) {
	c, err := load(t, `{forward: [traces], protocols: {http: }}`)
	require.NoError(t, err)
	require.Equal(t, [3]bool{false, true, false}, c.forwards())
	c, err = load(t, `{forward: [], protocols: {http: }}`)
	require.NoError(t, err)
	require.Equal(t, [3]bool{}, c.forwards())
}

func TestBadValuesAreRefusedWithKeyValueAndRemedy(t *testing.T) {
	for text, want := range map[string]string{
		`{}`: "protocols: there is none: write grpc or http",
		`{forward: [profiles], protocols: {http: }}`:                       `forward: "profiles" is no signal: list some of logs, traces, metrics`,
		`{limits: {elements: 0}, protocols: {http: }}`:                     "limits::elements: 0 is less than 1: write",
		`{limits: {nesting: 1000}, protocols: {http: }}`:                   "limits::nesting: 1000 is not within 1 to 252: write",
		`{limits: {timeout: 0s}, protocols: {http: }}`:                     "limits::timeout: 0s is no time to answer a request in: write",
		`{limits: {memory_mib: 30}, protocols: {http: }}`:                  "limits::memory_mib: 30 is less than 40, twice the largest request: raise it",
		`{limits: {memory_mib: 7}, protocols: {grpc: }}`:                   "limits::memory_mib: 7 is less than 8",
		`protocols: {grpc: {max_recv_msg_size_mib: 200}}`:                  "limits::memory_mib: 256 is less than 400",
		`protocols: {http: {endpoint: ""}}`:                                `protocols::http::endpoint: "": name host and port`,
		`protocols: {grpc: {endpoint: ""}}`:                                `protocols::grpc::endpoint: "": name host and port`,
		`protocols: {http: {max_request_body: 1}}`:                         "max_request_body",
		`protocols: {grpc: {max_receive: 1}}`:                              "max_receive",
		`{limits: {element: 1}, protocols: {http: }}`:                      "element",
		`{ledger: "", protocols: {http: }}`:                                "id must not be empty",
		`protocols: {http: {max_request_body_size: 200000000}}`:            "limits::memory_mib: 256 is less than 382",
		`{limits: {memory_mib: 30}, protocols: {http: {tls: {no: such}}}}`: "no",
	} {
		_, err := load(t, text)
		require.ErrorContains(t, err, want, text)
	}
	c := createDefaultConfig().(*Config)
	c.Ledger = component.ID{}
	require.ErrorContains(t, c.Validate(), "ledger is empty: name the usage_ledger extension")
}
