// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// samplingAttributes are those by which samplers in use say how many items the
// one that they let through stands for. A log record has nothing else for it.
var samplingAttributes = map[string]func(value) bool{
	"sampling.threshold":   func(v value) bool { return v.kind == pcommon.ValueTypeStr && rejects(v.text) }, // the Collector's, on logs
	"sampling.probability": isFraction,
	"sampling.ratio":       isFraction,
	"sampler.param":        isFraction, // Jaeger's; what is no probability is no fraction
	"SampleRate": func(v value) bool { // Honeycomb's: one in so many
		n, reason := numberOf(v)
		return reason == usage.ReasonNone && n > usage.Micro
	},
}

func isFraction(v value) bool {
	n, reason := numberOf(v)
	return reason == usage.ReasonNone && 0 < n && n < usage.Micro
}

// sampled reports whether the item says that others like it were left out by a
// sampler.
func (w *walker) sampled(r *record) bool {
	if w.signal == usage.Metrics { // measured before any sampling
		return false
	}
	return w.record.sampled || w.scope.sampled || w.resource.sampled || r.source.thinned()
}

// thinned reads OpenTelemetry's entry of a trace state: ot=th:c;rv:... with a
// threshold of rejection, or ot=p:2;r:62 with the exponent of a probability
// 1/2^p, as it was before. Randomness alone says nothing.
func thinned(state string) bool {
	for state != "" {
		var entry string
		entry, state, _ = strings.Cut(state, ",")
		fields, ours := strings.CutPrefix(strings.TrimSpace(entry), "ot=")
		for ours && fields != "" {
			var field string
			field, fields, _ = strings.Cut(fields, ";")
			switch key, value, _ := strings.Cut(field, ":"); key {
			case "th":
				if rejects(value) {
					return true
				}
			case "p":
				if value != "" && strings.Trim(value, "0") != "" && strings.Trim(value, "0123456789") == "" {
					return true
				}
			}
		}
	}
	return false
}

// rejects reports whether a threshold of rejection, up to 14 hexadecimal digits
// of a fraction, is more than 0.
func rejects(threshold string) bool {
	return len(threshold) <= 14 && strings.Trim(threshold, "0") != "" && strings.Trim(threshold, "0123456789abcdefABCDEF") == ""
}
