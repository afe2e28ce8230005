// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package series_test

import (
	"hash/maphash"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// All organizations ask for the same series, a thousand of them in the first collection
// after a start.
func TestAKnownSeriesIsFoundWithoutMemory(t *testing.T) {
	b := series.NewBook(time.Unix(0, 0), maphash.MakeSeed())
	find := func() *usage.Series {
		return b.Gauge("usage_active_users", usage.Label{Name: "window", Value: "day"}, usage.Label{Name: "class"}, usage.Label{Name: "meter", Value: "learners"})
	}
	known := find()
	require.Equal(t, []usage.Label{{Name: "meter", Value: "learners"}, {Name: "window", Value: "day"}}, known.Labels)
	require.Same(t, known, find())
	require.Same(t, known, b.Gauge("usage_active_users", known.Labels...))
	require.NotSame(t, known, b.Gauge("usage_active_users", known.Labels[0]))
	require.Zero(t, testing.AllocsPerRun(100, func() { find() }))
}
