// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ready is a series of the process that figures come from, and lostName the one that
// is told with it.
var (
	ready    = usage.LedgerReady.MetricName()
	lostName = usage.QueueLost.MetricName()
)

// withLost returns a series that goes with figures: how many requests were lost until
// then, by reason. The collector's own telemetry tells it too, but seldom to the store
// that was away. Labels are those of the process, as its shard. It has no points where
// figures are of no process.
func withLost(figures pmetric.Metrics, lost map[reason]int64) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for name, of := range points(figures) {
		if name != ready || of.Len() == 0 {
			continue
		}
		process := of.At(0)
		m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName(lostName)
		sum := m.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		for _, why := range reasons {
			p := sum.DataPoints().AppendEmpty()
			process.Attributes().CopyTo(p.Attributes())
			p.Attributes().PutStr("reason", string(why))
			p.SetTimestamp(process.Timestamp())
			p.SetIntValue(lost[why])
		}
		break
	}
	return md
}

// observe tells the collector's own telemetry what waits.
func (c *queueConnector) observe() error {
	gauge := func(value func() int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(value())
			return nil
		}
	}
	return errors.Join(
		c.telemetry.RegisterConnectorUsageQueueBytesCallback(gauge(func() int64 { _, bytes, _ := c.queue.state(); return bytes })),
		c.telemetry.RegisterConnectorUsageQueueMaxBytesCallback(gauge(func() int64 { return c.config.MaxBytes })),
		c.telemetry.RegisterConnectorUsageQueueRequestsCallback(gauge(func() int64 { n, _, _ := c.queue.state(); return int64(n) })),
		c.telemetry.RegisterConnectorUsageQueueLostRequestsCallback(func(_ context.Context, o metric.Int64Observer) error {
			_, _, lost := c.queue.state()
			for why, n := range lost {
				o.Observe(n, metric.WithAttributes(attribute.String("reason", string(why))))
			}
			return nil
		}),
	)
}
