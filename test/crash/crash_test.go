// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// kills is how often a campaign kills.
func kills() int {
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		return 200
	}
	return 10
}

func TestKillsLoseNothingAndCountNothingTwice(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	l := startLoad(t, c)
	for kill := range kills() {
		l.busy(t, 1+random.Uint64N(400))
		if kill%3 == 2 { // in the middle of an orderly end
			c.Terminate(t)
			<-time.After(time.Duration(random.Int64N(int64(100 * time.Millisecond))))
		}
		c.Kill()
		c = collector.Start(t, settings)
		l.target.Store(c)
		l.check(t)
	}
	l.busy(t, 100)
	l.finish()
	c.Kill()
	l.target.Store(collector.Start(t, settings))
	l.repeat(t)
	l.settle(t)
}

func TestTerminatingUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	l := startLoad(t, c)
	for range 3 {
		l.busy(t, 300)
		c.Terminate(t)
		require.Zero(t, c.End(t, 10*time.Second), "%s", c.Log(t))
		c = collector.Start(t, settings)
		l.target.Store(c)
		l.check(t)
	}
	l.finish()
	l.settle(t)
}
