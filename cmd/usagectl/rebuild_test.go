// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRebuildSaysWhatIsMissing(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "ledger")
	config := []string{"--config", filepath.Join("..", "..", "config", "default.yaml"), "--catalogue", filepath.Join("..", "..", "config", "organizations.yaml")}
	refused := func(want string, code int, args ...string) {
		t.Helper()
		got, _, stderr := usagectl(t, append(append([]string{"rebuild"}, config...), args...)...)
		require.Equal(t, code, got, stderr)
		require.Contains(t, stderr, want)
		require.NoDirExists(t, directory)
	}
	refused("--from-kafka is needed: brokers, as kafka:9092", exitUsage)
	refused("--to is needed", exitUsage, "--from-kafka", "localhost:1")
	refused("--step 1m30s: figures are of whole minutes", exitUsage, "--from-kafka", "localhost:1", "--to", directory, "--step", "90s")
	refused("--topic is needed: the configuration has no shard::map", exitUsage, "--from-kafka", "localhost:1", "--to", directory)
	refused(`--sasl "GSSAPI": use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`, exitUsage, withSASL(t, directory)...)

	unfinished := directory + ".rebuilding"
	require.NoError(t, os.Mkdir(unfinished, 0o700))
	refused(unfinished+" is there, of a run that goes on or was cut short: remove it", exitError, "--from-kafka", "localhost:1", "--to", directory, "--topic", "usage-a")
}

func withSASL(t *testing.T, directory string) []string {
	t.Helper()
	t.Setenv(passwordVariable, "secret")
	return []string{"--from-kafka", "localhost:1", "--to", directory, "--topic", "usage-a", "--sasl", "GSSAPI", "--user", "usage"}
}
