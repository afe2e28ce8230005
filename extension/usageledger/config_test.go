// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
)

func TestDefaultsAreCompleteButForMeters(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.Equal(t, definition.Default(), cfg.Config)
	require.Equal(t, "localhost:8320", cfg.API.NetAddr.Endpoint)
	require.ErrorContains(t, confmap.Validate(cfg), "meters: map[]: define at least one meter")
	require.NoError(t, confmap.Validate(configure(t, oneMeter)))
}

// What the collector prints names the path below extensions::usage_ledger.
func TestValidateNamesPathValueAndRemedyOnce(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{oneMeter + "\ngrace: 99d", "grace: 99d: use 0s to 35d"},
		{oneMeter + "\napi: {endpoint: ''}", `api::endpoint: "": name host and port, as localhost:8320`},
		{oneMeter + "\nreports: {mail: {from: usage@example.com}}", `reports::mail::server: "": name host and port, as smtp.example.com:587`},
	} {
		err := confmap.Validate(configure(t, test.text))
		require.EqualError(t, err, test.want)
	}
}

func TestConditionsAreCompiledByValidate(t *testing.T) {
	err := confmap.Validate(configure(t, `
meters:
  workspace_users:
    type: active_users
    windows: [month]
    classes:
      - {name: member, actions: [a]}
      - {name: guest, actions: [a], condition: 'attributes["user.type" == "guest"'}
`))
	require.ErrorContains(t, err, "meters::workspace_users::classes")
	require.ErrorContains(t, err, `attributes[\"user.type\" == \"guest\"`)
}

func TestValidateJudgesByWhatTheOpenLedgerHasCountedWith(t *testing.T) {
	cfg := configure(t, oneMeter)
	require.NoError(t, confmap.Validate(cfg))
	require.NoDirExists(t, cfg.Directory, "validating writes nothing")
	l, err := openLedger(cfg, nil, zap.NewNop(), at)
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close(t.Context())) }()
	require.NoError(t, confmap.Validate(cfg))

	changed := configure(t, strings.ReplaceAll(oneMeter, "api.called", "api.answered"))
	changed.Directory = cfg.Directory
	require.ErrorContains(t, confmap.Validate(changed), `meters::api_calls: effective_from "none": the definition has changed`)
}

func TestTheAuthenticatorOfTheAPIStartsFirst(t *testing.T) {
	set, _ := logged(t)
	require.Empty(t, newExtension(set, configure(t, oneMeter), nil).Dependencies())

	cfg := configure(t, oneMeter+"\napi: {endpoint: 'localhost:0', auth: {authenticator: bearertokenauth/api}}")
	require.NoError(t, confmap.Validate(cfg))
	require.Equal(t, []component.ID{component.MustNewIDWithName("bearertokenauth", "api")}, newExtension(set, cfg, nil).Dependencies())
}

func TestTheExampleOfTheREADMEIsGood(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, block, _ := strings.Cut(string(text), "```yaml\nextensions:\n  usage_ledger:\n")
	block, _, found := strings.Cut(block, "```")
	require.True(t, found)
	cfg := configure(t, block)
	require.NoError(t, confmap.Validate(cfg))
	require.Len(t, cfg.Meters, 3)
}

func TestAMisspelledKeyOfTheAPIIsRefused(t *testing.T) {
	err := confmap.NewFromStringMap(map[string]any{"api": map[string]any{"endpint": "localhost:1"}}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "endpint")
}
