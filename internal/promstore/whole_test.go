// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A query beside a collection sees all of it or nothing: the series that it ends
// do not end before those that take their place are there.
func TestACollectionIsSeenWhole(t *testing.T) {
	const organizations, minutes = 300, 200
	plans := [2]*usage.Series{}
	for i := range plans {
		plans[i] = &usage.Series{Name: "usage_organization_info", Labels: []usage.Label{{Name: "plan", Value: strconv.Itoa(i)}}}
	}
	store := openStore(t, Settings{})
	write := func(minute int) error {
		c := collection(minute)
		for i := range organizations {
			c.Organizations = append(c.Organizations, organization(fmt.Sprintf("o%03d", i), usage.Figure{Series: plans[minute%2], Value: 1}))
		}
		return store.Write(c)
	}
	late := func(minute int) error { // so that queries read what is out of order as well
		metrics := pmetric.NewMetrics()
		metric := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		metric.SetName("late")
		points := metric.SetEmptyGauge().DataPoints()
		for _, before := range []int{0, 2} {
			p := points.AppendEmpty()
			p.SetTimestamp(pcommon.NewTimestampFromTime(noon.Add(time.Duration(minute-before) * time.Minute)))
			p.SetIntValue(1)
		}
		_, err := store.Append(t.Context(), metrics, noon.Add(minutes*time.Minute))
		return err
	}
	require.NoError(t, write(0))
	_, client := serve(t, store)

	var minute atomic.Int64 // that is being written
	var ended error
	var writer sync.WaitGroup
	writer.Go(func() {
		for next := 1; next <= minutes && ended == nil; next++ {
			minute.Store(int64(next))
			ended = errors.Join(write(next), late(next))
		}
	})
	for last := int64(0); last < minutes; {
		last = minute.Load()
		at := noon.Add(time.Duration(last) * time.Minute)
		got, _, err := client.Query(t.Context(), "count(usage_organization_info)", at)
		require.NoError(t, err)
		require.Len(t, got, 1, "nothing is seen at %s", at)
		require.EqualValues(t, organizations, got.(model.Vector)[0].Value, "of %s", at)
	}
	writer.Wait()
	require.NoError(t, ended)
}
