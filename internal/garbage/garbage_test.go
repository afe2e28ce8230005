// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatTheOperatorSaysHolds(t *testing.T) {
	before := debug.SetGCPercent(80)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "80")
	Bound()
	require.Equal(t, 80, debug.SetGCPercent(80))
	t.Setenv("GOGC", "")
	Bound()
	require.Equal(t, Percent, debug.SetGCPercent(80))
}
