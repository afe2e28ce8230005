// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadmeShowsTheTestedExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("testdata/config.yaml")
	require.NoError(t, err)
	require.Contains(t, string(readme), "```yaml\n"+string(example)+"```")
}
