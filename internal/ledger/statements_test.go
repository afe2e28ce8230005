// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

const day = 24 * time.Hour

func withGrace(t testing.TB, fs vfs.FS) book.Settings {
	t.Helper()
	s := settings(t, fs)
	s.Grace = 3 * day
	return s
}

func send(t testing.TB, l *Ledger, now time.Time, fill func(b *usage.Batch)) {
	t.Helper()
	var b usage.Batch
	fill(&b)
	require.NoError(t, l.Record(context.Background(), now, &b))
}

func statements(t testing.TB, l *Ledger, q StatementQuery) []archive.Statement {
	t.Helper()
	all, err := l.Statements(context.Background(), q)
	require.NoError(t, err)
	return all
}

// story writes versions as "day 2026-05-20: v1 2026-05-24T00:00Z used 2; v2 ...".
func storyOf(all []archive.Statement) (lines []string) {
	for i := range all {
		s := &all[i]
		var versions []string
		for _, v := range s.Versions {
			text := fmt.Sprintf("v%d %s used %s", v.Number, v.Made.Format("01-02T15:04"), v.Used.Decimal(6))
			var rest strings.Builder
			for _, r := range v.Reason {
				fmt.Fprintf(&rest, " (%d %s)", r.Events, r.Kind)
			}
			text += rest.String()
			versions = append(versions, text)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", s.Meter, s.Window, s.Start.Format("01-02"), strings.Join(versions, ", ")))
	}
	return lines
}

var daysOfLearners = StatementQuery{Organization: "acme", Meter: "learners", Window: "day"}

func TestAPeriodIsClosedAtItsEndAndGraceAndRevisedByWhatComesLater(t *testing.T) {
	l := open(t, withGrace(t, vfs.NewMem()), noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	midnight := noon.Add(12 * time.Hour)
	collect(t, l, midnight.Add(3*day-time.Minute))
	require.Empty(t, storyOf(statements(t, l, StatementQuery{Organization: "acme", Meter: "learners", Window: "day", From: noon.Add(-12 * time.Hour)})))
	closing := midnight.Add(3 * day)
	collect(t, l, closing)
	today := StatementQuery{Organization: "acme", Meter: "learners", Window: "day", From: noon.Add(-12 * time.Hour), To: midnight}
	require.Equal(t, []string{"learners day 05-20: v1 05-24T00:00 used 1"}, storyOf(statements(t, l, today)))

	send(t, l, closing.Add(30*time.Second), func(b *usage.Batch) { visit(b, "acme", "bob", noon) })
	send(t, l, closing.Add(90*time.Second), func(b *usage.Batch) { visit(b, "acme", "bob", noon); visit(b, "acme", "cid", noon) })
	collect(t, l, closing.Add(59*time.Minute))
	require.Len(t, statements(t, l, today)[0].Versions, 1, "changes gather until the last version is an hour old")
	collect(t, l, closing.Add(time.Hour))
	send(t, l, closing.Add(3*time.Hour), func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	collect(t, l, closing.Add(9*time.Hour))
	send(t, l, closing.Add(10*time.Hour), func(b *usage.Batch) { visit(b, "acme", "dee", noon) })
	collect(t, l, closing.Add(10*time.Hour+time.Minute))
	require.Equal(t, []string{
		"learners day 05-20: v1 05-24T00:00 used 1, v2 05-24T01:00 used 3 (3 late_event), v3 05-24T10:00 used 4 (1 late_event)",
	}, storyOf(statements(t, l, today)), "an event that changes no figure makes no version")
	closeLedger(t, l)
}

func TestALedgerThatWasDownOverClosingsMakesThemAllInOrder(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	for i := range 4 {
		at := noon.Add(time.Duration(i) * day)
		send(t, l, at, func(b *usage.Batch) { visit(b, "acme", fmt.Sprint("u", i), at); visit(b, "acme", "ann", at) })
	}
	closeLedger(t, l)
	l = open(t, s, noon.Add(20*day))
	collect(t, l, noon.Add(20*day))
	got := storyOf(statements(t, l, daysOfLearners))
	require.Equal(t, []string{
		"learners day 05-20: v1 05-24T00:00 used 2", "learners day 05-21: v1 05-25T00:00 used 2",
		"learners day 05-22: v1 05-26T00:00 used 2", "learners day 05-23: v1 05-27T00:00 used 2",
		"learners day 05-24: v1 05-28T00:00 used 0",
	}, got[slices.Index(got, "learners day 05-20: v1 05-24T00:00 used 2"):][:5])
	require.Equal(t, "learners day 06-05: v1 06-09T00:00 used 0", got[len(got)-1])
	before := statements(t, l, StatementQuery{Organization: "acme"})
	closeLedger(t, l)
	l = open(t, s, noon.Add(20*day+time.Hour))
	collect(t, l, noon.Add(20*day+time.Hour))
	require.Equal(t, before, statements(t, l, StatementQuery{Organization: "acme"}), "a restart makes none twice")
	closeLedger(t, l)
}

// A period that had closed before the organization was heard of has a
// statement once something is counted in it.
func TestAPeriodClosedBeforeItsTimeHasAStatementOnceSomethingComes(t *testing.T) {
	l := open(t, withGrace(t, vfs.NewMem()), noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon.Add(-10*day)); visit(b, "acme", "ann", noon) })
	collect(t, l, noon.Add(time.Minute))
	require.Equal(t, []string{"learners day 05-10: v1 05-20T12:00 used 1 (1 late_event)"}, storyOf(statements(t, l, daysOfLearners)))
	closeLedger(t, l)
}

// Whenever the power is cut, each statement is there exactly once, its
// versions without a gap, and what was read is what stays. The history is that
// of a ledger which had no crash.
func TestStatementsSurvivePowerCutsAsIfThereWereNone(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			fs := vfs.NewCrashableMem()
			s := withGrace(t, fs)
			s.FoldBytes = 1000 // checkpoints all the time
			calm, l := open(t, withGrace(t, vfs.NewMem()), noon), open(t, s, noon)
			now, crashes := noon, 0
			seen := map[string]archive.Version{}
			for n := range 150 {
				now = now.Add(time.Duration(random.Int64N(int64(4 * time.Hour)))).Truncate(time.Millisecond)
				fill := func(b *usage.Batch) {
					for i := range 3 {
						at := now.Add(-time.Duration(float64(34*day) * random.Float64() * random.Float64()))
						visit(b, "acme", fmt.Sprint("u", random.IntN(20)), at)
						minutes(b, "birch", fmt.Sprint(n, "-", i), random.Int64N(9), at)
					}
				}
				var b usage.Batch
				fill(&b)
				require.NoError(t, calm.Record(context.Background(), now, &b))
				require.NoError(t, l.Record(context.Background(), now, &b))
				if random.IntN(3) == 0 {
					at := now.Add(time.Minute).Truncate(time.Minute)
					now = at
					collect(t, calm, at)
					cut := random.IntN(2) == 0
					var clone *vfs.MemFS
					if cut { // while it is collected
						done := make(chan struct{})
						go func() { defer close(done); _, _ = l.Collect(context.Background(), at) }()
						clone = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
						<-done
					} else {
						collect(t, l, at)
						recollect(t, seen, l)
					}
					if cut {
						crashes++
						closeLedger(t, l)
						fs, s.FS = clone, clone
						l = open(t, s, at)
						collect(t, l, at.Add(time.Minute))
						collect(t, calm, at.Add(time.Minute))
						now = at.Add(time.Minute)
						recollect(t, seen, l)
					}
				}
			}
			require.Positive(t, crashes)
			end := now.Add(2 * time.Hour).Truncate(time.Minute)
			collect(t, calm, end)
			collect(t, l, end)
			recollect(t, seen, l)
			revisions := 0
			for _, org := range []string{"acme", "birch"} {
				want := statements(t, calm, StatementQuery{Organization: org})
				require.Equal(t, want, statements(t, l, StatementQuery{Organization: org}))
				for i := range want {
					revisions += len(want[i].Versions) - 1
				}
			}
			require.Greater(t, revisions, 20)
			closeLedger(t, l)
			closeLedger(t, calm)
		})
	}
}

// recollect checks that what was read before is as it was, and that versions
// have no gap.
func recollect(t *testing.T, seen map[string]archive.Version, l *Ledger) {
	t.Helper()
	found := map[string]bool{}
	for _, org := range []string{"acme", "birch"} {
		all, err := l.Statements(context.Background(), StatementQuery{Organization: org})
		require.NoError(t, err)
		for _, s := range all {
			for i, v := range s.Versions {
				require.Equal(t, uint32(i+1), v.Number)
				key := fmt.Sprint(org, s.Meter, s.Window, s.Start, v.Number)
				if was, known := seen[key]; known {
					require.Equal(t, was, v, key)
				}
				seen[key], found[key] = v, true
			}
		}
	}
	require.Len(t, found, len(seen), "a statement is gone")
}

// What can be read is on disk: while the disk does not answer, new statements
// are not shown.
func TestAStatementIsOnDiskBeforeItIsSeen(t *testing.T) {
	var stuck atomic.Bool
	reached, release := make(chan struct{}, 1), make(chan struct{})
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if stuck.Load() && isOfLog(o.Path) && o.Kind == errorfs.OpFileSyncData {
			reached <- struct{}{}
			<-release
		}
		return nil
	}))
	l := open(t, withGrace(t, fs), noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	stuck.Store(true)
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		_, err := l.Collect(context.Background(), noon.Add(4*day))
		if err != nil {
			t.Error(err)
		}
	}()
	<-reached // the statements are written, and not synced
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := l.Statements(ctx, daysOfLearners)
	require.ErrorIs(t, err, usage.ErrUnavailable)
	stuck.Store(false)
	close(release)
	<-collected
	require.NotEmpty(t, statements(t, l, daysOfLearners))
	closeLedger(t, l)
}

func terms(t *testing.T, l *Ledger, now time.Time, text string) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse([]byte("organizations:\n  - {id: acme, currency: EUR, timezone: Europe/Berlin, plan: {type: traditional, term_start: 2026-01-01, term_months: 12}, quotas: {" + text + "}}\n"))
	require.NoError(t, err)
	require.NoError(t, l.SetCatalogue(context.Background(), c, now))
	return c
}

func TestAStatementHasTheLimitAndPriceOfItsPeriodsEnd(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := withGrace(t, fs)
	l := open(t, s, noon)
	terms(t, l, noon, `learners: {limit: 100, window: month, flex_price: "3.50"}`)
	terms(t, l, time.Date(2026, 5, 31, 21, 59, 0, 0, time.UTC), `learners: {limit: 120, window: month, flex_price: "3.25"}`)
	s.Catalogue = terms(t, l, time.Date(2026, 5, 31, 22, 0, 1, 0, time.UTC), `minutes: {limit: "2000.5", window: month}`) // May is over in Berlin
	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(t, l)
	l = open(t, s, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	collect(t, l, time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC))
	quotas := map[string]*archive.Quota{}
	for _, st := range statements(t, l, StatementQuery{Organization: "acme", From: noon.Add(-30 * day)}) {
		quotas[st.Meter+" "+st.Window+" "+st.Start.Format("01-02T15")] = st.Quota
		require.Equal(t, "Europe/Berlin", st.Zone)
	}
	require.Equal(t, &archive.Quota{Limit: wide.Of(120e6), FlexPrice: "3.25", Currency: "EUR"}, quotas["learners month 04-30T22"])
	require.Nil(t, quotas["learners month 05-31T22"], "the quota was taken back in June")
	require.Equal(t, &archive.Quota{Limit: wide.Of(2000.5e6)}, quotas["minutes month 05-31T22"])
	require.Nil(t, quotas["minutes month 04-30T22"])
	require.Nil(t, quotas["learners day 05-20T22"], "the quota is on the month")
	closeLedger(t, l)
}

func TestAsBilledIsTheVersionOfTheFirstReport(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	closing := noon.Add(12*time.Hour + 3*day)
	collect(t, l, closing)
	id := StatementID{Meter: "learners", Window: "day", Start: noon.Add(-12 * time.Hour), Version: 1}
	ctx := context.Background()
	bill := func(id StatementID) uint32 {
		t.Helper()
		versions, err := l.Bill(ctx, "acme", id)
		require.NoError(t, err)
		return versions[0]
	}
	_, err := l.Bill(ctx, "acme", StatementID{Meter: "learners", Window: "day", Start: noon.Add(-12 * time.Hour), Version: 2})
	require.ErrorContains(t, err, "there is no version 2")
	_, err = l.Bill(ctx, "acme", StatementID{Meter: "lerners", Window: "day", Start: noon, Version: 1})
	require.ErrorContains(t, err, "there is no such meter")
	_, err = l.Bill(ctx, "nobody", id)
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	require.EqualValues(t, 1, bill(id))
	send(t, l, closing.Add(2*time.Hour), func(b *usage.Batch) { visit(b, "acme", "bob", noon) })
	collect(t, l, closing.Add(3*time.Hour))
	closeLedger(t, l)
	l = open(t, s, closing.Add(4*time.Hour))
	id.Version = 2
	require.EqualValues(t, 1, bill(id), "a later report does not move the mark")
	got := statements(t, l, StatementQuery{Organization: "acme", Meter: "learners", Window: "day", From: id.Start, To: noon})[0]
	require.EqualValues(t, 1, got.Billed)
	require.EqualValues(t, 2, got.Current().Number)
	closeLedger(t, l)
}

func TestAMeterThatIsTakenOutHasStatementsOfWhatItCounted(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	closeLedger(t, l)
	s.Extraction.Meters = meters(t)[1:]
	l = open(t, s, noon.Add(day))
	collect(t, l, noon.Add(10*day))
	got := storyOf(statements(t, l, daysOfLearners))
	require.Equal(t, "learners day 05-20: v1 05-24T00:00 used 1", got[len(got)-1], "the 21st was not counted to its end")
	s.Extraction.Meters = meters(t)
	closeLedger(t, l)
	l = open(t, s, noon.Add(11*day))
	collect(t, l, noon.Add(20*day))
	got = storyOf(statements(t, l, daysOfLearners))
	require.Equal(t, "learners day 06-01: v1 06-05T00:00 used 0", got[slices.Index(got, "learners day 05-20: v1 05-24T00:00 used 1")+1], strings.Join(got, "\n"))
	closeLedger(t, l)
}

// A definition that changes while something gathers makes a version of it
// before, and the statement says by which definition it was counted.
func TestAChangedDefinitionShowsInStatementsAndLosesNoChange(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	closing := noon.Add(12*time.Hour + 3*day)
	collect(t, l, closing)
	send(t, l, closing, func(b *usage.Batch) { visit(b, "acme", "eve", closing) })
	collect(t, l, closing.Add(5*day))
	send(t, l, closing.Add(5*day), func(b *usage.Batch) { visit(b, "acme", "ann", closing) })
	closeLedger(t, l)
	changed := meters(t)
	changed[0].Windows = windows(t, "week", "month")
	changed[0].Versions[0].Classes[0].Actions = []string{"session.attended"}
	changed[0].Versions[0].EffectiveFrom = usage.Date{Year: 2026, Month: 6, Day: 1}
	s.Extraction.Meters = changed
	l = open(t, s, closing.Add(5*day+time.Minute))
	collect(t, l, time.Date(2026, 7, 10, 0, 0, 0, 0, time.UTC))
	all := statements(t, l, StatementQuery{Organization: "acme", Meter: "learners"})
	got := storyOf(all)
	require.Contains(t, got, "learners day 05-24: v1 05-28T00:00 used 1, v2 05-29T00:01 used 2 (1 late_event)")
	definitions := map[string]usage.Date{}
	for _, st := range all {
		definitions[st.Window+" "+st.Start.Format("01-02")] = st.Definition
	}
	require.Equal(t, usage.Date{}, definitions["month 05-01"])
	require.Equal(t, usage.Date{Year: 2026, Month: 6, Day: 1}, definitions["month 06-01"])
	require.NotContains(t, definitions, "day 05-27", "the window was taken away before the day was closed")
	closeLedger(t, l)
}

func TestStatementsAreReadInPiecesAndUpToALimit(t *testing.T) {
	l := open(t, withGrace(t, vfs.NewMem()), noon)
	collect(t, l, noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	collect(t, l, noon.Add(500*day))
	all := statements(t, l, daysOfLearners)
	require.Greater(t, len(all), 2*readAtOnce)
	for i := 1; i < len(all); i++ {
		require.Equal(t, all[i-1].End, all[i].Start, "days tile time")
	}
	q := daysOfLearners
	q.Limit = len(all)
	require.Len(t, statements(t, l, q), len(all))
	q.Limit--
	_, err := l.Statements(context.Background(), q)
	require.ErrorIs(t, err, archive.ErrTooMany)
	end := all[300].End
	at, err := l.StatementsAt(context.Background(), "acme", end)
	require.NoError(t, err)
	var ended []string
	for _, s := range at {
		require.Equal(t, end, s.End)
		ended = append(ended, s.Meter+" "+s.Window)
	}
	require.Equal(t, []string{"learners day", "minutes day"}, ended)
	_, err = l.Statements(context.Background(), StatementQuery{Organization: "nobody"})
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	closeLedger(t, l)
}

// A collection is written down before it has gone through all organizations:
// if the power goes in between, the next start makes what is missing.
func TestStatementsOfACollectionThatWasCutOffAreMadeAtTheNextStart(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := withGrace(t, fs)
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "acme", "ann", noon) })
	at := noon.Add(4 * day)
	l.mu.Lock()
	l.book.Tick(at.UnixNano())
	redo.Collect{At: period.MinuteOf(at)}.Append(&l.book.Pending.Entries)
	g := l.book.Pending
	l.mu.Unlock()
	require.NoError(t, l.await(context.Background(), g))
	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(t, l)
	l = open(t, s, at)
	got := storyOf(statements(t, l, daysOfLearners))
	require.Equal(t, "learners day 05-20: v1 05-24T00:00 used 1", got[len(got)-1])
	closeLedger(t, l)
}
