// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

// The configurations that users start from define the same meters, and their
// catalogue is good.
func TestShippedConfigurationsAreGood(t *testing.T) {
	root := filepath.Join("..", "..")
	embedded, err := FromCollectorConfig(filepath.Join(root, "config", "default.yaml"))
	require.NoError(t, err)
	remote, err := FromCollectorConfig(filepath.Join(root, "config", "victoriametrics.yaml"))
	require.NoError(t, err)
	require.Equal(t, embedded, remote)

	e, err := embedded.Extraction()
	require.NoError(t, err)
	require.Len(t, e.Meters, 7)

	c, err := catalogue.Load(filepath.Join(root, embedded.Catalogue), e.Meters)
	require.NoError(t, err)
	require.Positive(t, c.Len())
}
