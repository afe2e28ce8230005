// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/connector/usagequeueconnector/internal/metadata"
)

// shop is a store that answers as it is told.
type shop struct {
	consumer.Metrics

	mu     sync.Mutex
	answer func(pmetric.Metrics) error
	took   []pmetric.Metrics
	asked  int
}

func (s *shop) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.answer != nil {
		if err := s.answer(md); err != nil {
			return err
		}
	}
	s.took = append(s.took, md)
	return nil
}

func (s *shop) answers(f func(pmetric.Metrics) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// minutes that the store took.
func (s *shop) minutes() (all []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, md := range s.took {
		all = append(all, int(latest(md).Unix()/60))
	}
	return all
}

// figures are those of a minute, with one of the process.
func figures(n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	for _, f := range []struct {
		name, organization string
		value              float64
	}{{"usage.active_users", "acme", float64(n)}, {ready, "__none__", 1}} {
		m := metrics.AppendEmpty()
		m.SetName(f.name)
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(minute(n)))
		p.Attributes().PutStr("organization", f.organization)
		p.SetDoubleValue(f.value)
		if f.name == ready {
			p.Attributes().PutStr("shard", "a")
		}
	}
	return md
}

func started(t *testing.T, config *Config, s *shop) *queueConnector {
	t.Helper()
	c, err := newConnector(connectortest.NewNopSettings(metadata.Type), config, s)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	return c
}

func configured(t *testing.T) *Config {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.Directory = t.TempDir()
	return config
}

var errAway = errors.New("connection refused")

func away(pmetric.Metrics) error { return errAway }

func TestWhatAStoreMissedItGetsInOrderAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, s := configured(t), &shop{answer: away}
		c := started(t, config, s)
		for n := range 10 {
			require.NoError(t, c.ConsumeMetrics(t.Context(), figures(n)))
		}
		time.Sleep(10 * time.Minute)
		require.Less(t, s.asked, 30, "pauses grow to max_interval")
		require.NoError(t, c.Shutdown(t.Context()))

		c = started(t, config, s)
		require.NoError(t, c.ConsumeMetrics(t.Context(), figures(10)))
		s.answers(nil)
		time.Sleep(config.MaxInterval)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, s.minutes())
		requests, used, lost := c.queue.state()
		require.Zero(t, requests)
		require.Zero(t, used)
		require.Equal(t, map[reason]int64{full: 0, refused: 0, damaged: 0}, lost)

		require.NoError(t, c.ConsumeMetrics(t.Context(), figures(11)))
		synctest.Wait()
		require.Len(t, s.minutes(), 12, "at once where nothing waits")
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestWhatIsRefusedForGoodLetsTheNextPassAndIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{answer: func(md pmetric.Metrics) error {
			if latest(md).Equal(minute(1)) {
				return consumererror.NewPermanent(errors.New("400: out of bounds"))
			}
			return nil
		}}
		c := started(t, configured(t), s)
		for n := range 4 {
			require.NoError(t, c.ConsumeMetrics(t.Context(), figures(n)))
			synctest.Wait()
		}
		require.Equal(t, []int{0, 2, 3}, s.minutes())
		require.Equal(t, []float64{0, 1, 0}, lostOf(s.took[2]), "full, refused, damaged")
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

// lostOf are the values of the series of lost minutes, of which labels are checked.
func lostOf(md pmetric.Metrics) (values []float64) {
	for name, of := range points(md) {
		if name != lostName {
			continue
		}
		for i, p := range of.All() {
			if p.Attributes().Len() == 3 && p.Attributes().AsRaw()["shard"] == "a" && p.Attributes().AsRaw()["reason"] == string(reasons[i]) && p.Timestamp().AsTime().Equal(latest(md)) {
				values = append(values, float64(p.IntValue()))
			}
		}
	}
	return values
}

func TestADamagedFileIsPassedOverAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, s := configured(t), &shop{answer: away}
		c := started(t, config, s)
		for n := range 3 {
			require.NoError(t, c.ConsumeMetrics(t.Context(), figures(n)))
		}
		name := filepath.Join(config.Directory, c.queue.waiting[1].name())
		require.NoError(t, c.Shutdown(t.Context()))
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		text[len(text)/2] ^= 1
		require.NoError(t, os.WriteFile(name, text, 0o600))

		s.answers(nil)
		c = started(t, config, s)
		synctest.Wait()
		require.Equal(t, []int{0, 2}, s.minutes())
		_, _, lost := c.queue.state()
		require.EqualValues(t, 1, lost[damaged])
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestTheEndOfTheProcessIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := configured(t)
		blocked := make(chan struct{})
		s := &shop{answer: func(pmetric.Metrics) error {
			<-blocked
			return consumererror.NewPermanent(context.Canceled) // as of remote write
		}}
		c := started(t, config, s)
		require.NoError(t, c.ConsumeMetrics(t.Context(), figures(0)))
		synctest.Wait()
		go func() {
			time.Sleep(time.Second)
			close(blocked)
		}()
		require.NoError(t, c.Shutdown(t.Context()))

		s.answers(nil)
		c = started(t, config, s)
		synctest.Wait()
		require.Equal(t, []int{0}, s.minutes())
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestBadValuesAreRefusedWithKeyValueAndRemedy(t *testing.T) {
	config := &Config{MaxBytes: 7, MaxInterval: time.Millisecond}
	require.EqualError(t, config.Validate(), `directory: "": name a directory, as ./data/queue
max_bytes: 7: name at least 65536, as 4294967296 for 4 GiB
max_interval: 1ms: name at least 1s, as 30s`)
	require.NoError(t, createDefaultConfig().(*Config).Validate())
}
