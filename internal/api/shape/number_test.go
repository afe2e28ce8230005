// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shape

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func TestAnAmountHasAllItsDigits(t *testing.T) {
	sum := wide.Product(12_345_678_901_234_567, usage.Micro).Add(wide.Of(-1))
	text, err := json.Marshal([]Millionths{Millionths(sum), Millionths(sum.Neg()), {}})
	require.NoError(t, err)
	require.Equal(t, "[12345678901234566.999999,-12345678901234566.999999,0]", string(text))
}
