// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/connector/usagequeueconnector/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// firstPause is how long the first pause between two attempts is.
const firstPause = time.Second

// queueConnector takes metrics, keeps them and sends them on. Between Start and
// Shutdown one goroutine sends.
type queueConnector struct {
	id        component.ID
	config    *Config
	logger    *zap.Logger
	next      consumer.Metrics
	telemetry *metadata.TelemetryBuilder
	zip       *zstd.Encoder
	unzip     *zstd.Decoder

	queue *queue             // from Start to Shutdown
	stop  context.CancelFunc // nil before Start
	loop  sync.WaitGroup
}

func newConnector(set connector.Settings, config *Config, next consumer.Metrics) (*queueConnector, error) {
	c := &queueConnector{id: set.ID, config: config, logger: set.Logger, next: next}
	var errs [3]error
	c.telemetry, errs[0] = metadata.NewTelemetryBuilder(set.TelemetrySettings)
	c.zip, errs[1] = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	c.unzip, errs[2] = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	return c, errors.Join(errs[:]...)
}

// Capabilities says that metrics are only read.
func (c *queueConnector) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start opens the queue and begins to send.
func (c *queueConnector) Start(context.Context, component.Host) (err error) {
	if c.queue, err = openQueue(store.OwnersOnly, c.config.Directory, c.config.MaxBytes); err != nil {
		return fmt.Errorf("connectors::%s::directory %q: %w", c.id, c.config.Directory, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.loop.Go(func() { c.run(ctx) })
	return c.observe()
}

// Shutdown stops sending. What waits is sent after the next start.
func (c *queueConnector) Shutdown(context.Context) error {
	c.telemetry.Shutdown()
	if c.stop == nil {
		return nil
	}
	c.stop()
	c.loop.Wait()
	c.stop = nil
	return c.queue.close()
}

// ConsumeMetrics returns nil when the metrics are on disk.
func (c *queueConnector) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	if md.DataPointCount() == 0 {
		return nil
	}
	_, _, lost := c.queue.state()
	marshaler := &pmetric.ProtoMarshaler{}
	content, err := marshaler.MarshalMetrics(md)
	told, also := marshaler.MarshalMetrics(withLost(md, lost))
	if err := errors.Join(err, also); err != nil {
		return consumererror.NewPermanent(err)
	}
	content = append(content, told...) // messages of protobuf, one behind the other, are one
	gone, err := c.queue.put(c.zip.EncodeAll(content, nil), latest(md))
	for _, e := range gone {
		c.logger.Error("figures of a minute are lost: the store has been away for longer than max_bytes has room for, and the oldest go first",
			zap.Time("minute", e.at), zap.Int64("bytes", e.bytes), zap.Int64("max_bytes", c.config.MaxBytes))
	}
	if err != nil {
		return fmt.Errorf("connectors::%s: %w", c.id, err)
	}
	return nil
}

// run sends what waits, one request at a time, so that a store sees samples in the
// order of their time.
func (c *queueConnector) run(ctx context.Context) {
	pause, away := time.Duration(0), time.Time{}
	for {
		e, ok := c.queue.oldest()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-c.queue.more:
				continue
			}
		}
		err := c.send(ctx, e)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if !away.IsZero() {
				c.logger.Info("the store takes figures again", zap.Duration("away", time.Since(away)), zap.Time("minute", e.at))
			}
			pause, away = 0, time.Time{}
			continue
		case away.IsZero():
			away = time.Now()
			c.logger.Warn("figures wait on disk: the store does not take them, and is tried again until it does", zap.Time("minute", e.at), zap.Error(err))
		}
		pause = min(max(firstPause, 2*pause), c.config.MaxInterval)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// send sends one request. An error is one after which it should be tried again.
func (c *queueConnector) send(ctx context.Context, e entry) error {
	content, err := c.queue.content(e)
	if err != nil {
		return err
	}
	if content == nil {
		return c.giveUp(e, damaged, errors.New("its file is gone"))
	}
	md, err := c.decode(content)
	if err != nil {
		return c.giveUp(e, damaged, err)
	}
	err = c.next.ConsumeMetrics(ctx, md)
	switch {
	case ctx.Err() != nil: // whatever it says, the end of the process is no refusal
		return ctx.Err()
	case consumererror.IsPermanent(err):
		return c.giveUp(e, refused, err)
	case err != nil:
		return err
	}
	return c.queue.taken(e)
}

func (c *queueConnector) decode(content []byte) (pmetric.Metrics, error) {
	content, err := c.unzip.DecodeAll(content, nil)
	if err != nil {
		return pmetric.Metrics{}, err
	}
	return (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(content)
}

// giveUp loses a request that cannot be sent, and says so.
func (c *queueConnector) giveUp(e entry, why reason, cause error) error {
	there, err := c.queue.giveUp(e, why)
	if there && err == nil {
		c.logger.Error("figures of a minute are lost", zap.String("reason", string(why)), zap.Time("minute", e.at), zap.Error(cause))
	}
	return err
}

// latest returns the time of the latest point of metrics.
func latest(md pmetric.Metrics) time.Time {
	var at pcommon.Timestamp
	for _, points := range points(md) {
		for _, p := range points.All() {
			at = max(at, p.Timestamp())
		}
	}
	return at.AsTime()
}

// points goes through the points of gauges and sums, which figures are.
func points(md pmetric.Metrics) func(yield func(name string, of pmetric.NumberDataPointSlice) bool) {
	return func(yield func(string, pmetric.NumberDataPointSlice) bool) {
		for _, resource := range md.ResourceMetrics().All() {
			for _, scope := range resource.ScopeMetrics().All() {
				for _, m := range scope.Metrics().All() {
					var of pmetric.NumberDataPointSlice
					switch m.Type() {
					case pmetric.MetricTypeGauge:
						of = m.Gauge().DataPoints()
					case pmetric.MetricTypeSum:
						of = m.Sum().DataPoints()
					default:
						continue
					}
					if !yield(m.Name(), of) {
						return
					}
				}
			}
		}
	}
}
