// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	boundAtTheGateway = `
extensions: {basicauth: {htpasswd: {inline: "%[1]s:secret\n%[2]s:secret"}}}
receivers: {usage_otlp: {protocols: {http: {auth: {authenticator: basicauth}}}}}
processors: {usage_route: {identity: {bind_organization: username}}}
service: {extensions: [health_check, usage_encoding, basicauth]}
`
	boundAtShards = `extensions: {usage_ledger: {identity: {bind_organization: metadata.usage-organization}}}`
)

// TestASenderIsBoundAtTheGateway has senders who speak for themselves and for
// others: shards count what the gateway has found out of the credential.
func TestASenderIsBoundAtTheGateway(t *testing.T) {
	t.Parallel()
	ofA, ofB := of(true, 1)[0], of(false, 1)[0]
	y := newTopology(t, "a", "b")
	y.startGateway(t, file(t, fmt.Sprintf(boundAtTheGateway, ofA, ofB)))
	y.overShards = []string{file(t, boundAtShards)}
	a, b := y.startShard(t, "a", ""), y.startShard(t, "b", "")

	// Its own, one that names nobody, and another's.
	mixed := calls(t, ofA, "", ofB)
	require.ErrorContains(t, post(t.Context(), y.gatewayAddress, mixed), "answers 401")
	mixed.user = ofA
	sendAll(t, y.gatewayAddress, []request{mixed}, nil)
	has(t, a, ofA, "counted", 2)
	has(t, a, ofA, "unauthorized", 1)

	own := calls(t, ofB)
	own.user = ofB
	sendAll(t, y.gatewayAddress, []request{own}, nil)
	has(t, b, ofB, "counted", 1)
	got, err := items(b.api, ofB)
	require.NoError(t, err)
	require.Equal(t, map[string]uint64{"counted": 1}, got, "nothing of what another one said")
}
