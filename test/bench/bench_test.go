// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestMain lets the test binary stand in for the program, which starts itself
// for a restart.
func TestMain(m *testing.M) {
	if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-"+reopenFlag+"=") }) {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func small(t *testing.T) settings {
	t.Helper()
	s := full().quick()
	s.config, s.directory = filepath.Join("..", "..", "config", "default.yaml"), t.TempDir()
	return s
}

// TestTheHarnessMeasuresEverything runs it with numbers too small to mean
// anything, but for those that do not depend on them.
func TestTheHarnessMeasuresEverything(t *testing.T) {
	s := small(t)
	sent := 0
	s.peers = func(_ context.Context, file string) (peerFigures, error) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		sent = recordsIn(t, data)
		return peerFigures{Records: sent, Decode: 1, Count: 2, CountToCumulative: 4}, nil
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), s, &out))
	require.Equal(t, s.chunks*s.requests*recordsPerRequest, sent, "the peers get the requests of one round")
	for _, what := range []string{
		"CPU added per log record / pdata decoding",
		"allocations per record",
		"countconnector -> deltatocumulative / CPU added",
		"live bytes per (organization, user), 7 windows",
		"Collect, 1,000 users an organization / 10",
		"durable / volatile throughput, 64 requests in flight",
		"restart with 160 users to the first right answer",
	} {
		require.Contains(t, out.String(), what)
	}
	left, err := os.ReadDir(s.directory)
	require.NoError(t, err)
	require.Empty(t, left, "what the run wrote is gone")
}

// recordsIn counts the records of a file in the peers' format.
func recordsIn(t *testing.T, data []byte) (records int) {
	t.Helper()
	for len(data) > 0 {
		n := binary.BigEndian.Uint32(data)
		batch := make([]plog.Logs, 1)
		require.NoError(t, decode([][]byte{data[4 : 4+n]}, batch))
		records += batch[0].LogRecordCount()
		data = data[4+n:]
	}
	return records
}

// TestTheMixTouchesEveryMeter holds what the table says of the mix against what
// the ledger makes of it.
func TestTheMixTouchesEveryMeter(t *testing.T) {
	s := small(t)
	memory, err := inMemory("")
	require.NoError(t, err)
	b, err := openBook(s, memory)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	tr := newTraffic(1, s.users)
	const requests = 40
	for range requests {
		ld := tr.request()
		require.NoError(t, b.take(t.Context(), tr.now, ld))
	}
	status, ok := b.Status("organization-0000")
	require.True(t, ok)
	share := func(o usage.Outcome) float64 {
		return 100 * float64(status.Items[usage.Logs][o]) / (requests * recordsPerRequest)
	}
	require.InDelta(t, 95, share(usage.Counted), 2)
	require.InDelta(t, 5, share(usage.Unmatched), 2)

	c, err := b.Collect(t.Context(), tr.now.Add(time.Minute))
	require.NoError(t, err)
	counted := map[string]bool{}
	for _, f := range c.Organizations[0].Figures {
		for _, l := range f.Series.Labels {
			counted[l.Value] = counted[l.Value] || l.Name == "meter" && f.Value != 0
		}
	}
	for _, m := range b.Extraction().Meters {
		require.True(t, counted[m.Name], m.Name)
	}
}

// TestExtractionAllocatesNothing holds for the mix and the default
// configuration: each of its conditions is one that is judged without OTTL.
func TestExtractionAllocatesNothing(t *testing.T) {
	memory, err := inMemory("")
	require.NoError(t, err)
	b, err := openBook(small(t), memory)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	ld := newTraffic(10, 20).request()
	b.extract(ld)
	// Now and then a request finds the pool of walkers emptied.
	require.Less(t, testing.AllocsPerRun(100, func() { b.extract(ld) }), 10.0, "a request of %d records", recordsPerRequest)
}

func TestTheMixIsAHundredPercent(t *testing.T) {
	percent := 0
	for _, part := range mix {
		percent += part.percent
	}
	require.Equal(t, 100, percent)
}

func TestFiguresThatDifferAreFound(t *testing.T) {
	collection := func(label string, value float64) usage.Collection {
		series := &usage.Series{Name: "usage_active_users", Labels: []usage.Label{{Name: "meter", Value: label}}}
		return usage.Collection{Organizations: []usage.OrganizationFigures{{Organization: "acme", Figures: []usage.Figure{{Series: series, Value: value}}}}}
	}
	require.NoError(t, same(collection("learners", 3), collection("learners", 3)))
	require.EqualError(t, same(collection("learners", 3), collection("learners", 4)), `acme: usage_active_users meter="learners" is 4, it should be 3`)
	require.ErrorContains(t, same(collection("learners", 3), collection("others", 3)), "should be 3")
	require.ErrorContains(t, same(collection("learners", 3), usage.Collection{}), "0 organizations")
}

func TestARestartThatFailsElsewhereIsToldHere(t *testing.T) {
	_, err := reopenElsewhere(t.Context(), filepath.Join(t.TempDir(), "none.yaml"), t.TempDir(), morning)
	require.ErrorContains(t, err, "in a process of its own: exit status 1")
}
