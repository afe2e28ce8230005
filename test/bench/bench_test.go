// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestMain lets the test binary stand in for the program, which starts itself
// for a restart.
func TestMain(m *testing.M) {
	if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-"+errandFlag+"=") }) {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func small(t *testing.T) settings {
	t.Helper()
	s := tiny()
	s.config, s.directory, s.progress = filepath.Join("..", "..", "config", "default.yaml"), t.TempDir(), io.Discard
	s.tmpfs = t.TempDir()
	return s
}

// TestTheHarnessMeasuresEverything runs it with numbers too small to mean
// anything, but for those that do not depend on them. The row door, which runs two
// distributions side by side, is for a bench only: it takes minutes.
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
	require.NoError(t, run(t.Context(), s, append(slices.Clone(usual), onRequest[0]), &out))
	require.Equal(t, s.chunks*s.requests*recordsPerRequest, sent, "the peers get the requests of one round")
	for _, g := range goals {
		require.Contains(t, out.String(), "| "+g.what+" | "+g.before+" | "+g.bound()+" | ")
	}
	require.NotContains(t, out.String(), "| - |\n", "a section without a measurement")
	left, err := os.ReadDir(s.directory)
	require.NoError(t, err)
	require.Empty(t, left, "what the run wrote is gone")
}

func TestRowsAreChosenByName(t *testing.T) {
	chosen, err := choose("memory,records")
	require.NoError(t, err)
	require.Equal(t, []string{"records", "memory"}, names(chosen), "in the order in which they run")
	_, err = choose("records,recrods")
	require.EqualError(t, err, `-rows: there is no "recrods"; the rows are records, flight, collect, checkpoint, restart, new-day, memory, ten-million, door`)
}

func TestWhatEndsEarlyIsReported(t *testing.T) {
	s := small(t)
	s.organizations, s.users = 2, 20
	var out bytes.Buffer
	fails := row{"fails", func(*bench, context.Context) error { return errors.New("no more") }}
	err := run(t.Context(), s, []row{usual[1], fails}, &out)
	require.EqualError(t, err, "fails: no more")
	require.Contains(t, out.String(), goals[durableRate].what)
	require.NotContains(t, out.String(), goals[restartCrash].what)
}

func TestReport(t *testing.T) {
	var r report
	r.measured(addedUniform, spread{0.5, 0.7, 0.9})
	r.measured(peersAdded, spread{2})
	r.measured(noGoal, spread{7})
	s := r.section("Collect", "users", "CPU")
	s.line("10", spread{0.25}.show(seconds))
	s.note("Of %d.", 3)
	r.section("empty", "head")
	var full, part strings.Builder
	require.NoError(t, r.write(&full, "intro\n", true))
	require.Equal(t, `intro

| what | before | goal | measured: median (least..most of the rounds) |  |
|---|---|---|---|---|
| CPU added a record / pdata decoding, nothing on disk, uniform | 5.1x | <= 0.80x | 0.70x (0.50x..0.90x) | met |
| countconnector -> deltatocumulative / ours, nothing on disk | 0.6x | >= 2.30x | 2.00x | missed |

**Collect**

| users | CPU |
|---|---|
| 10 | 250 ms |

Of 3.
`, full.String())
	require.NoError(t, r.write(&part, "", false))
	require.Contains(t, part.String(), "| 2.00x | (missed) |")
}

func TestSpread(t *testing.T) {
	require.InDelta(t, 2.5, spread{4, 1, 3, 2}.median(), 0)
	require.InDelta(t, 2.5, spread{4, 1, 3, 2}.mean(), 0)
	require.Equal(t, spread{2, 3}, spread{4, 9}.over(spread{2, 3}))
	require.Equal(t, "-", spread(nil).show(ratio))
	for value, want := range map[float64]string{0: "0 ms", 0.0012: "1.20 ms", 0.34: "340 ms", 1.234: "1.23 s", 11.12: "11.1 s"} {
		require.Equal(t, want, seconds(value))
	}
}

func TestPopulations(t *testing.T) {
	require.Equal(t, []int{3, 6, 9}, evenly(3, 10).ends)
	p := zipf(1000, 1_000_000)
	require.InDelta(t, 1_000_000, p.all(), 1000)
	require.InDelta(t, 133_600, p.ends[0], 100)
	require.InDelta(t, 133, p.ends[999]-p.ends[998], 1)
	require.Equal(t, person{0, 0}, p.at(0))
	require.Equal(t, person{0, p.ends[0] - 1}, p.at(p.ends[0]-1))
	require.Equal(t, person{1, 0}, p.at(p.ends[0]))
	require.Equal(t, person{999, p.ends[999] - p.ends[998] - 1}, p.at(p.all()-1))
}

// TestSessions holds what is said of them: one user each, about as many records
// and about as long.
func TestSessions(t *testing.T) {
	tr := inSessions(evenly(2, 4000))
	records, users := map[uint64]int{}, map[uint64]person{}
	const drawn = 200_000
	for range drawn {
		who, id := tr.someone()
		if known, ok := users[id]; ok {
			require.Equal(t, known, who)
		}
		records[id]++
		users[id] = who
	}
	longest := 0
	for _, n := range records {
		longest = max(longest, n)
	}
	require.Equal(t, recordsPerSession, longest)
	require.InDelta(t, drawn/recordsPerSession, len(records), drawn/recordsPerSession/10)
	require.Equal(t, 500, len(tr.sessions), "an eighth of the users") //nolint:testifylint // Len would print them all
	span := time.Duration(len(inSessions(evenly(1000, 1_000_000)).sessions)) * recordsPerSession * step / recordsPerRequest
	require.InDelta(t, sessionSpan.Seconds(), span.Seconds(), 1)
}

func TestTheLogIsCounted(t *testing.T) {
	w := &written{}
	fs := counting{FS: vfs.NewMem(), written: w}
	for _, name := range []string{"log-000001", "000002.sst"} {
		f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
		require.NoError(t, err)
		_, err = f.Write([]byte("four"))
		require.NoError(t, err)
		require.NoError(t, errors.Join(f.SyncData(), f.Sync(), f.Close()))
	}
	f, err := fs.ReuseForWrite("log-000001", "log-000003", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write([]byte("!"))
	require.NoError(t, errors.Join(err, f.Close()))
	require.Equal(t, []int64{5, 9, 2}, []int64{w.log.Load(), w.all.Load(), w.syncs.Load()})
	_, err = fs.OpenReadWrite(filepath.Join("none", "log-000004"), vfs.WriteCategoryUnspecified)
	require.Error(t, err)
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
	memory, err := inMemory(t.TempDir(), "")
	require.NoError(t, err)
	b, err := openPipeline(s.config, memory)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	tr := newTraffic(evenly(1, s.users))
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
	memory, err := inMemory(t.TempDir(), "")
	require.NoError(t, err)
	b, err := openPipeline(small(t).config, memory)
	require.NoError(t, err)
	defer func() { require.NoError(t, b.close()) }()
	ld := newTraffic(evenly(10, 200)).request()
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

func TestAnErrandThatFailsElsewhereIsToldHere(t *testing.T) {
	_, err := elsewhere[reopened](t.Context(), errand{Config: filepath.Join(t.TempDir(), "none.yaml"), Reopen: &reopen{Directory: t.TempDir()}})
	require.ErrorContains(t, err, "in a process of its own: exit status 1")
	require.ErrorContains(t, runErrand(t.Context(), "{}", io.Discard), "neither Grow nor Reopen")
}

func TestADirectoryAtRestIsCopied(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	require.NoError(t, os.WriteFile(filepath.Join(from, "a"), []byte("1"), 0o600))
	require.NoError(t, copyIdle(from, to))
	copied, err := os.ReadFile(filepath.Join(to, "a"))
	require.NoError(t, err)
	require.Equal(t, "1", string(copied))
	require.ErrorIs(t, copyIdle(filepath.Join(from, "none"), to), os.ErrNotExist)

	before, err := listing(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(from, "b"), nil, 0o600))
	after, err := listing(from)
	require.NoError(t, err)
	require.NotEqual(t, before, after)
}
