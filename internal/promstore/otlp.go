// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// labelNamesKept bounds the memory of label names that a sender may invent.
const labelNamesKept = 1000

// Append stores OTLP gauges and cumulative sums in one transaction; now is the
// clock against which samples are too old or in the future.
//
// A metric keeps its name and an attribute its key, with every character that
// Prometheus has no place for as an underscore (usage.items_total is
// usage_items_total): no unit and no suffix is added, none is doubled. Of the
// resource only what identifies it is kept, job of service.name and instance
// of service.instance.id, and only where it is set; the ledger's own figures
// have neither. A point flagged as having no recorded value ends its series.
//
// It waits for a store that is being opened, and stores nothing once ctx has
// ended.
func (s *Store) Append(ctx context.Context, metrics pmetric.Metrics, now time.Time) (Result, error) {
	if err := s.Opened(ctx); err != nil {
		return Result{}, err
	}
	s.append.Lock()
	defer s.append.Unlock()
	b, err := s.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	c := converter{
		batch:      b,
		metadata:   &s.metadata,
		labelNames: map[string]string{},
		oldest:     now.Add(-s.settings.Retention).UnixMilli(),
		newest:     now.Add(futureLimit).UnixMilli(),
	}
	if err := c.metrics(ctx, metrics); err != nil {
		return Result{}, s.rollback(b, err)
	}
	if err := c.losses(len(s.append.holdings.Lost()), s.collected.Load()); err != nil {
		return Result{}, s.rollback(b, err)
	}
	if err := s.commit(b); err != nil {
		return Result{}, err
	}
	s.collected.Store(max(s.collected.Load(), c.minute))
	return b.result, nil
}

// Collected is the newest whole minute that samples have come of: those of a
// ledger's collection, all of which come in one Append.
func (s *Store) Collected() time.Time { return time.UnixMilli(s.collected.Load()) }

// lostParts is the series of how many parts of the store are lost, while some are.
const lostParts = "usage_store_lost_parts"

// losses stores how many parts of the store are lost, beside the collection of a
// minute that is newer than the last one.
func (c *converter) losses(n int, collected int64) error {
	if n == 0 || c.minute <= collected {
		return nil
	}
	c.metadata.note(lostParts, model.MetricTypeGauge, "")
	ls := labels.FromStrings(model.MetricNameLabel, lostParts, organizationLabel, usage.NoOrganization)
	_, err := c.add(0, ls, c.minute, float64(n))
	return err
}

// converter walks OTLP metrics into a batch.
type converter struct {
	*batch
	metadata       *metadataBook
	builder        labels.ScratchBuilder
	scratch        labels.Labels // overwritten by each point
	labelNames     map[string]string
	oldest, newest int64 // ms since 1970
	minute         int64 // newest whole minute met, ms since 1970

	name          string // of the metric at hand
	job, instance string // of the resource at hand
}

func (c *converter) metrics(ctx context.Context, metrics pmetric.Metrics) error {
	for _, resource := range metrics.ResourceMetrics().All() {
		c.job, c.instance = identity(resource.Resource().Attributes())
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				if err := c.metric(ctx, metric); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// identity returns the labels by which Prometheus knows a resource.
func identity(attributes pcommon.Map) (job, instance string) {
	text := func(key string) string {
		if v, ok := attributes.Get(key); ok {
			return v.AsString()
		}
		return ""
	}
	if job = text("service.name"); job != "" {
		if namespace := text("service.namespace"); namespace != "" {
			job = namespace + "/" + job
		}
	}
	return job, text("service.instance.id")
}

// pointsPerLook is how many points are appended between two looks at whether
// anybody still waits: collections of many organizations have millions.
const pointsPerLook = 1024

func (c *converter) metric(ctx context.Context, metric pmetric.Metric) error {
	var points pmetric.NumberDataPointSlice
	kind := model.MetricTypeGauge
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		points = metric.Gauge().DataPoints()
	case pmetric.MetricTypeSum:
		points = metric.Sum().DataPoints()
		if metric.Sum().AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
			c.result.Refused[Unsupported] += points.Len()
			return nil
		}
		kind = metricType(metric.Sum().IsMonotonic())
	default:
		c.result.Refused[Unsupported] += numPoints(metric)
		return nil
	}
	c.name = prometheusName(metric.Name(), true)
	c.metadata.note(c.name, kind, metric.Description())
	for i, point := range points.All() {
		if i%pointsPerLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := c.point(point); err != nil {
			return err
		}
	}
	return nil
}

// numPoints counts the points of a metric of a type that is not stored.
func numPoints(metric pmetric.Metric) int {
	switch metric.Type() {
	case pmetric.MetricTypeHistogram:
		return metric.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return metric.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return metric.Summary().DataPoints().Len()
	default:
		return 0
	}
}

func (c *converter) point(point pmetric.NumberDataPoint) error {
	// Before the conversion to a signed time, which would wrap.
	t := int64(uint64(point.Timestamp()) / uint64(time.Millisecond))
	switch {
	case point.Timestamp() == 0:
		c.result.Refused[NoTimestamp]++
		return nil
	case t > c.newest:
		c.result.Refused[Future]++
		return nil
	case t < c.oldest:
		c.result.Refused[TooOld]++
		return nil
	}
	v, ok := number(point)
	if !ok {
		c.result.Refused[NoValue]++
		return nil
	}
	c.label(point.Attributes())
	ref, ls := c.ref(c.scratch)
	if ref == 0 {
		ls = c.scratch.Copy()
	}
	if t%time.Minute.Milliseconds() == 0 {
		c.minute = max(c.minute, t)
	}
	_, err := c.add(ref, ls, t, v)
	return err
}

func number(point pmetric.NumberDataPoint) (float64, bool) {
	switch {
	case point.Flags().NoRecordedValue():
		return staleMarker, true
	case point.ValueType() == pmetric.NumberDataPointValueTypeInt:
		return float64(point.IntValue()), true
	case point.ValueType() == pmetric.NumberDataPointValueTypeDouble:
		return point.DoubleValue(), true
	default:
		return 0, false
	}
}

// label makes scratch the labels of a point. An empty value is no label.
func (c *converter) label(attributes pcommon.Map) {
	c.builder.Reset()
	c.builder.Add(model.MetricNameLabel, c.name)
	if c.job != "" {
		c.builder.Add(model.JobLabel, c.job)
	}
	if c.instance != "" {
		c.builder.Add(model.InstanceLabel, c.instance)
	}
	for key, value := range attributes.All() {
		if text := value.AsString(); text != "" {
			c.builder.Add(c.labelName(key), text)
		}
	}
	c.builder.Sort()
	c.builder.Overwrite(&c.scratch)
}

func (c *converter) labelName(key string) string {
	name, ok := c.labelNames[key]
	if !ok {
		name = prometheusName(key, false)
		if len(c.labelNames) < labelNamesKept {
			c.labelNames[key] = name
		}
	}
	return name
}

// prometheusName writes an underscore for every character that Prometheus'
// classic names do not have; colons are for metrics only.
func prometheusName(name string, colons bool) string {
	valid := func(i int, r rune) bool {
		return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || i > 0 && '0' <= r && r <= '9' || colons && r == ':'
	}
	var b strings.Builder
	for i, r := range name {
		switch {
		case valid(i, r):
			b.WriteRune(r)
		case i == 0 && '0' <= r && r <= '9':
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}
