// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestKillsLoseNothingAndCountNothingTwice(t *testing.T) {
	t.Parallel()
	random := campaign.Random(t)
	container := campaign.NewContainer(t, 1<<30)
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	l := startLoad(t, c)
	line := campaign.Line{What: "kill -9 under load", Under: container.Under, Note: "the longest start"}
	for kill := range campaign.Rounds(t, 10, 2000) {
		container.Add(t, c.Pid())
		l.busy(t, 1+random.Uint64N(400))
		line.Peak = max(line.Peak, c.Memory(t).Peak)
		if kill%3 == 2 { // in the middle of an orderly end
			c.Terminate(t)
			<-time.After(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
		}
		c.Kill()
		began := time.Now()
		c = collector.Start(t, settings)
		line.Longest = max(line.Longest, time.Since(began))
		l.target.Store(c)
		l.check(t)
		line.Tried++
	}
	l.busy(t, 100)
	l.finish()
	c.Kill()
	l.target.Store(collector.Start(t, settings))
	l.repeat(t)
	l.settle(t)
	campaign.Report(t, line)
}

func TestTerminatingUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	l := startLoad(t, c)
	line := campaign.Line{What: "SIGTERM under load", Note: "the longest end"}
	for range campaign.Rounds(t, 3, 500) {
		l.busy(t, 300)
		line.Peak = max(line.Peak, c.Memory(t).Peak)
		began := time.Now()
		c.Terminate(t)
		require.Zero(t, c.End(t, 10*time.Second), "%s", c.Log(t))
		line.Longest = max(line.Longest, time.Since(began))
		c = collector.Start(t, settings)
		l.target.Store(c)
		l.check(t)
		line.Tried++
	}
	l.finish()
	l.settle(t)
	campaign.Report(t, line)
}
