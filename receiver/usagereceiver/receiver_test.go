// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/receiver/usagereceiver/internal/metadata"
)

// fakeLedger answers with the minute that it is asked for, after taking delay.
type fakeLedger struct {
	component.StartFunc
	component.ShutdownFunc
	asked  chan time.Time
	delay  time.Duration
	fails  error
	series []*usage.Series
	// process is what is told beside an error, too.
	process []usage.Figure
}

func newFakeLedger() *fakeLedger {
	return &fakeLedger{asked: make(chan time.Time), series: []*usage.Series{series("usage_stream_silent")}}
}

func (l *fakeLedger) Extraction() usage.Extraction { return usage.Extraction{} }

func (l *fakeLedger) Record(context.Context, *usage.Batch) error { return nil }

func (l *fakeLedger) Collect(ctx context.Context, now time.Time) (usage.Collection, error) {
	select {
	case l.asked <- now:
	case <-ctx.Done():
		return usage.Collection{}, ctx.Err()
	}
	<-time.After(l.delay)
	var c usage.Collection
	at := now.Truncate(time.Minute)
	if l.fails == nil {
		c = acme(at, l.series...)
	}
	if l.process != nil {
		c = usage.Collection{At: at, Organizations: c.Organizations}.WithProcess(l.process...)
	}
	return c, l.fails
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

var ledgerID = component.MustNewID("usage_ledger")

// running is a started receiver and what it logs.
type running struct {
	receiver.Metrics
	logs *observer.ObservedLogs
}

// run starts a receiver, inside a bubble of synctest.
func run(t *testing.T, l *fakeLedger, next consumer.Metrics, interval time.Duration) *running {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	set := receivertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	r, err := NewFactory().CreateMetrics(t.Context(), set, &Config{Ledger: ledgerID, Interval: interval}, next)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), host{ledgerID: l}))
	t.Cleanup(func() { require.NoError(t, r.Shutdown(context.Background())) })
	return &running{r, logs}
}

func clock(t time.Time) string { return t.Format("15:04:05") }

// minutes are the minutes that arrived.
func minutes(sink *consumertest.MetricsSink) []string {
	var out []string
	for _, md := range sink.AllMetrics() {
		p := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints().At(0)
		out = append(out, clock(p.Timestamp().AsTime()))
	}
	return out
}

// The clock of a bubble starts at midnight.

func TestWholeMinutesAreCollectedOnWholeMinutesOfTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(17 * time.Second)
		l, sink := newFakeLedger(), &consumertest.MetricsSink{}
		run(t, l, sink, time.Minute)
		for _, want := range []string{"00:01:00", "00:02:00", "00:03:00"} {
			require.Equal(t, want, clock(<-l.asked))
		}
		synctest.Wait()
		require.Equal(t, []string{"00:01:00", "00:02:00", "00:03:00"}, minutes(sink))
	})
}

func TestSeveralMinutesLieOnTheirMultiples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(7 * time.Minute)
		l := newFakeLedger()
		run(t, l, &consumertest.MetricsSink{}, 5*time.Minute)
		require.Equal(t, "00:10:00", clock(<-l.asked))
		require.Equal(t, "00:15:00", clock(<-l.asked))
	})
}

func TestOtherIntervalsAreKeptAndAMinuteIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		<-time.After(17 * time.Second)
		l, sink := newFakeLedger(), &consumertest.MetricsSink{}
		run(t, l, sink, 25*time.Second)
		for _, want := range []string{"00:00:42", "00:01:07", "00:01:32", "00:01:57", "00:02:22"} {
			require.Equal(t, want, clock(<-l.asked))
		}
		synctest.Wait()
		require.Equal(t, []string{"00:00:00", "00:01:00", "00:02:00"}, minutes(sink))
	})
}

func TestASlowCollectionDoesNotShiftTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLedger()
		l.delay = 70 * time.Second
		run(t, l, &consumertest.MetricsSink{}, time.Minute)
		require.Equal(t, "00:01:00", clock(<-l.asked))
		require.Equal(t, "00:03:00", clock(<-l.asked), "the minute that it took is left out")
	})
}

func TestWhileTheLedgerFailsItsProcessIsToldOfAndNoSeriesEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, sink := newFakeLedger(), &consumertest.MetricsSink{}
		l.process = []usage.Figure{{Series: usage.LedgerReady, Value: 1}}
		r := run(t, l, sink, time.Minute)
		<-l.asked
		synctest.Wait()
		l.fails, l.process[0].Value = usage.ErrUnavailable, 0
		<-l.asked
		synctest.Wait()
		all := sink.AllMetrics()
		require.Len(t, all, 2)
		metrics := all[1].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
		require.Equal(t, 1, metrics.Len(), "no series of an organization ends")
		require.Equal(t, "usage.ledger_ready", metrics.At(0).Name())
		require.Zero(t, metrics.At(0).Gauge().DataPoints().At(0).DoubleValue())

		l.fails, l.series = nil, nil
		<-l.asked
		synctest.Wait()
		last := sink.AllMetrics()[2]
		require.Equal(t, 2, last.DataPointCount(), "what ended meanwhile is told of afterwards")
		require.Equal(t, 1, r.logs.Len())
	})
}

func TestALedgerThatFailsIsToldOfAndAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, sink := newFakeLedger(), &consumertest.MetricsSink{}
		l.fails = usage.ErrUnavailable
		r := run(t, l, sink, time.Minute)
		<-l.asked
		synctest.Wait()
		require.Equal(t, 1, r.logs.FilterMessageSnippet("the ledger did not collect").Len())
		l.fails = nil
		<-l.asked
		synctest.Wait()
		require.Equal(t, []string{"00:02:00"}, minutes(sink))
		require.Equal(t, 1, r.logs.Len())
	})
}

// refusing refuses what it is given while its error is set.
type refusing struct {
	consumertest.MetricsSink
	err error
}

func (r *refusing) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if r.err != nil {
		return r.err
	}
	return r.MetricsSink.ConsumeMetrics(ctx, md)
}

func TestAStoreThatRefusesIsToldOfAndStillHearsOfEndedSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, sink := newFakeLedger(), &refusing{}
		l.series = append(l.series, series("usage_quota_limit"))
		r := run(t, l, sink, time.Minute)
		<-l.asked
		synctest.Wait()

		l.series, sink.err = l.series[:1], errors.New("away")
		<-l.asked
		synctest.Wait()
		require.Equal(t, 1, r.logs.FilterMessageSnippet("they were refused").Len())

		sink.err = nil
		<-l.asked
		synctest.Wait()
		require.Equal(t, []string{"00:01:00", "00:03:00"}, minutes(&sink.MetricsSink))
		last := sink.AllMetrics()[1].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
		require.Equal(t, 2, last.Len())
		require.Equal(t, "usage.quota_limit", last.At(1).Name())
		require.True(t, last.At(1).Gauge().DataPoints().At(0).Flags().NoRecordedValue())
	})
}

func TestShutdownWaitsForACollectionUnderWayAndSendsNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, sink := newFakeLedger(), &consumertest.MetricsSink{}
		l.delay = 10 * time.Second
		r := run(t, l, sink, time.Minute)
		<-l.asked
		began := time.Now()
		require.NoError(t, r.Shutdown(t.Context()))
		require.Equal(t, 10*time.Second, time.Since(began))
		require.Empty(t, sink.AllMetrics())
		require.Zero(t, r.logs.Len(), "a stop is no error")
		require.NoError(t, r.Shutdown(t.Context()), "twice")
	})
}

func TestShutdownWaitsNoLongerThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLedger()
		l.delay = time.Hour
		r := run(t, l, &consumertest.MetricsSink{}, time.Minute)
		<-l.asked
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Shutdown(ctx), context.DeadlineExceeded)
	})
}

func TestStartTellsOfAMissingLedger(t *testing.T) {
	r, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), createDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), host{}), `::ledger: no extension "usage_ledger" runs`)
	require.NoError(t, r.Shutdown(t.Context()), "also where start failed")
}

func TestTheConfiguration(t *testing.T) {
	load := func(raw map[string]any) (*Config, error) {
		cfg := createDefaultConfig()
		if err := confmap.NewFromStringMap(raw).Unmarshal(cfg); err != nil {
			return nil, err
		}
		return cfg.(*Config), confmap.Validate(cfg)
	}
	cfg, err := load(nil)
	require.NoError(t, err)
	require.Equal(t, &Config{Ledger: ledgerID, Interval: time.Minute}, cfg)

	cfg, err = load(map[string]any{"ledger": "usage_ledger/eu", "interval": "5m"})
	require.NoError(t, err)
	require.Equal(t, &Config{Ledger: component.MustNewIDWithName("usage_ledger", "eu"), Interval: 5 * time.Minute}, cfg)

	_, err = load(map[string]any{"interval": "0s"})
	require.ErrorContains(t, err, "interval: 0s is less than 1s: write a duration like 60s")
	require.ErrorContains(t, (&Config{Interval: time.Minute}).Validate(), "ledger is empty")
}
