// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/prometheusremotewrite"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestRemoteWriteKeepsNamesAndLabels holds the names that a store receives
// against testdata/series.txt, which are the series as users know them.
func TestRemoteWriteKeepsNamesAndLabels(t *testing.T) {
	known, err := os.ReadFile("testdata/series.txt")
	require.NoError(t, err)
	var all []*usage.Series
	var want []string
	for line := range bytes.Lines(known) {
		s := strings.TrimSpace(string(line))
		if s == "" || s[0] == '#' {
			continue
		}
		all = append(all, series(s))
		want = append(want, s)
	}
	slices.Sort(want)
	d := display{register: newRegister()}
	md := d.show(acme(minute, all...))
	for _, settings := range []prometheusremotewrite.Settings{
		{AddMetricSuffixes: true},
		{AddMetricSuffixes: false},
		{TranslationStrategy: "UnderscoreEscapingWithSuffixes"},
		{TranslationStrategy: "UnderscoreEscapingWithoutSuffixes"},
	} {
		t.Run(fmt.Sprintf("%+v", settings), func(t *testing.T) {
			written, err := prometheusremotewrite.FromMetrics(md, settings)
			require.NoError(t, err)
			var got []string
			for _, ts := range written {
				name, labels := "", []string{}
				for _, l := range ts.Labels {
					switch l.Name {
					case "__name__":
						name = l.Value
					case "organization":
						require.Equal(t, "acme", l.Value)
					default:
						labels = append(labels, fmt.Sprintf("%s=%q", l.Name, l.Value))
					}
				}
				require.Len(t, ts.Samples, 1, name)
				require.Equal(t, minute.UnixMilli(), ts.Samples[0].Timestamp)
				if len(labels) > 0 {
					name += "{" + strings.Join(labels, ",") + "}"
				}
				got = append(got, name)
			}
			slices.Sort(got)
			require.Equal(t, want, got)
		})
	}
}
