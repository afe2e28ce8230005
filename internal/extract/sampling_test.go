// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestASpanSaysInItsTraceStateThatItWasSampled(t *testing.T) {
	for state, sampled := range map[string]bool{
		"":                              false,
		"ot=th:c":                       true,
		"ot=th:8;rv:9b8233f7e3a151":     true,
		"ot=rv:9b8233f7e3a151;th:fd70a": true,
		"ot=rv:9b8233f7e3a151":          false, // randomness alone
		"ot=th:0":                       false, // all
		"ot=th:0;rv:9b8233f7e3a151":     false,
		"vendor=th:c":                   false,
		"vendor=x, ot=th:c":             true,
		"vendor=x,ot=th:c,other=y":      true,
		"ot=p:2;r:62":                   true,
		"ot=p:0;r:62":                   false,
		"ot=r:3":                        false,
		"ot=th:":                        false,
		"ot=th:xyz":                     false,
		"ot=th:0123456789abcdef":        false, // too long to be one
		"ot=p:x":                        false,
		"ot":                            false,
	} {
		td, s := spans()
		s.TraceState().FromRaw(state)
		it, _ := extracted(t, td)
		require.Equal(t, sampled, it[0].Sampled, state)
		require.Equal(t, sampled, it[2].Sampled, "an event of the span: %s", state)
		require.False(t, it[1].Sampled, "nobody's")
		require.Equal(t, usage.Pending, it[0].Outcome)
	}
}

func TestAnItemSaysInAnAttributeThatItWasSampled(t *testing.T) {
	for _, test := range []struct {
		name    string
		value   any
		sampled bool
	}{
		{"sampling.threshold", "c", true},
		{"sampling.threshold", "0", false},
		{"sampling.probability", 0.25, true},
		{"sampling.probability", "0.25", true},
		{"sampling.probability", 1.0, false},
		{"sampling.probability", 0.0, false},
		{"sampling.ratio", 0.5, true},
		{"SampleRate", 10, true},
		{"SampleRate", 1, false},
		{"SampleRate", "often", false},
		{"sampler.param", 0.01, true},
		{"sampler.param", true, false},
		{"sampler.param", 100, false},
	} {
		it, _ := item(t, "api.called", member(attrs{test.name: test.value}))
		require.Equal(t, test.sampled, it.Sampled, "%s = %v", test.name, test.value)

		td, s := spans()
		require.NoError(t, s.Attributes().PutEmpty(test.name).FromRaw(test.value))
		for _, name := range []string{"api.called", "nobody's"} { // an event goes with its span, whatever that is
			s.SetName(name)
			items, _ := extracted(t, td)
			require.Equal(t, test.sampled, items[2].Sampled, "of the span around an event: %s = %v", test.name, test.value)
		}

		ld := who{member(nil), nil, attrs{test.name: test.value}}.logs(t, "api.called")
		it, _ = the(t, definitions(), "", ld)
		require.Equal(t, test.sampled, it.Sampled, "of the resource: %s = %v", test.name, test.value)
	}
	md, m := metrics("api.called")
	p := deltaSum(m)
	p.SetIntValue(1)
	p.Attributes().PutDouble("sampling.probability", 0.5)
	it, _ := items(t, md)
	require.False(t, it[0].Sampled, "a point is measured before any sampling")
}
