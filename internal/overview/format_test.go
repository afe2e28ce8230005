// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestARejectedItemIsExplainedWithTheRemedy(t *testing.T) {
	for text, r := range map[string]Reject{
		"multiply by 1,000,000,000":           {Outcome: usage.Invalid, Reason: usage.ReasonTimestampUnit, Unit: usage.Seconds},
		"milliseconds; multiply by 1,000,000": {Outcome: usage.Invalid, Reason: usage.ReasonTimestampUnit, Unit: usage.Milliseconds},
		"microseconds; multiply by 1,000":     {Outcome: usage.Invalid, Reason: usage.ReasonTimestampUnit, Unit: usage.Microseconds},
		"not in nanoseconds since 1970":       {Outcome: usage.Invalid, Reason: usage.ReasonTimestampUnit},
		"multiplied once too often":           {Outcome: usage.Future, Unit: usage.Multiplied},
		"counter is one that falls":           {Outcome: usage.Invalid, Reason: usage.ReasonNegative, Signal: usage.Metrics},
		"the value is negative":               {Outcome: usage.Invalid, Reason: usage.ReasonNegative, Signal: usage.Logs},
		"TEMPORALITY_PREFERENCE=delta":        {Outcome: usage.Invalid, Reason: usage.ReasonTemporality, Signal: usage.Metrics},
		"cumulative_to_delta processor":       {Outcome: usage.Invalid, Reason: usage.ReasonTemporality, Signal: usage.Metrics},
	} {
		require.Contains(t, explain(&r), text)
	}
	require.Equal(t, "names no user", explain(&Reject{Outcome: usage.Invalid, Reason: usage.ReasonNoUser, Unit: usage.Seconds}), "the time is not why")
}
