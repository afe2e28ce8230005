// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestTheValueOfAnItem(t *testing.T) {
	tests := map[string]struct {
		action string
		value  any
		want   int64
		reason usage.Reason
	}{
		"a decimal string":                       {"transcription.finished", "1.25", 1_250_000, ""},
		"an int":                                 {"transcription.finished", 3, 3_000_000, ""},
		"a double":                               {"transcription.finished", 0.1, 100_000, ""},
		"configured but missing":                 {"transcription.finished", nil, 0, usage.ReasonNoValue},
		"an empty string is missing":             {"transcription.finished", "", 0, usage.ReasonNoValue},
		"not a number":                           {"transcription.finished", "NaN", 0, usage.ReasonBadValue},
		"a bool":                                 {"transcription.finished", true, 0, usage.ReasonBadValue},
		"negative":                               {"transcription.finished", "-1", 0, usage.ReasonNegative},
		"too large":                              {"transcription.finished", 1e300, 0, usage.ReasonOverflow},
		"negative where corrections are on":      {"credit.spent", "-1", -1_000_000, ""},
		"one per event where none is configured": {"api.called", nil, 1_000_000, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := member(nil)
			if test.value != nil {
				a["transcription.minutes"], a["credit.amount"] = test.value, test.value
			}
			it, effects := item(t, test.action, a)
			if test.reason != "" {
				require.Equal(t, usage.Invalid, it.Outcome)
				require.Equal(t, test.reason, it.Reason)
				return
			}
			require.Equal(t, test.want, effects[0].Value)
		})
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-0.5", "1e-7", "9223372036854.775807", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, reason := millionths.Parse(s)
		if reason != usage.ReasonNone {
			return
		}
		// A number that is taken is one to the standard library as well.
		approximate, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		require.InDelta(t, approximate, float64(n)/usage.Micro, 1+math.Abs(approximate)*1e-9)
		same, _ := numberOf(valueOf(pcommon.NewValueStr(s)))
		require.Equal(t, n, same)
	})
}
