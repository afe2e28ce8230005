// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// reload puts a catalogue in force that has acme with some keys.
func reloadAcme(t testing.TB, l *Ledger, now time.Time, keys string) {
	t.Helper()
	require.NoError(t, l.SetCatalogue(context.Background(), parsed(t, "organizations: [{id: acme"+keys+"}]"), now))
}

func parsed(t testing.TB, text string) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse([]byte(text))
	require.NoError(t, err)
	return c
}

// journalRows is how many rows the journals have on disk.
func journalRows(t testing.TB, l *Ledger) (n int) {
	t.Helper()
	require.NoError(t, l.durable(l.book))
	require.NoError(t, l.book.Rows.Each(rows.Under([]byte{rowkey.Journal}), func(_, _ []byte) error { n++; return nil }))
	return n
}

const newYork = ", timezone: America/New_York"

// night sends what New York counts on the day before noon: at 03:00Z, and today.
func night(t testing.TB, l *Ledger, now time.Time) {
	t.Helper()
	send(t, l, now, func(b *usage.Batch) {
		visit(b, "acme", "ann", noon.Add(-9*time.Hour))
		minutes(b, "acme", "one", 3, noon.Add(-9*time.Hour))
		visit(b, "acme", "bob", noon.Add(-time.Hour))
		minutes(b, "acme", "two", 5, noon.Add(-time.Hour))
	})
}

// days are the minutes of today and the day before.
func days(t testing.TB, l *Ledger, at time.Time) [2]float64 {
	t.Helper()
	c := collect(t, l, at)
	return [2]float64{
		figure(c, "acme", "usage_consumption", "window=day", "period=current"),
		figure(c, "acme", "usage_consumption", "window=day", "period=previous"),
	}
}

func TestTheFirstZoneHoldsFromTheBeginningAlsoAfterAPowerCut(t *testing.T) {
	for _, fold := range []string{"never", "before", "after"} {
		for unsynced := range 3 {
			t.Run(fmt.Sprint("fold=", fold, ",unsynced=", unsynced), func(t *testing.T) {
				fs := vfs.NewCrashableMem()
				s := withGrace(t, fs)
				l := open(t, s, noon)
				night(t, l, noon)
				require.Equal(t, [2]float64{8, 0}, days(t, l, noon.Add(time.Minute)), "UTC")
				if fold == "before" {
					require.NoError(t, l.checkpoint(l.book))
					night(t, l, noon.Add(90*time.Second))
				}
				now := noon.Add(2 * time.Minute)
				reloadAcme(t, l, now, newYork)
				if fold == "after" {
					require.NoError(t, l.checkpoint(l.book))
				}
				s.FS = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50 * unsynced, RNG: rand.New(rand.NewPCG(1, 1))})
				require.Equal(t, [2]float64{5, 3}, days(t, l, now.Add(time.Minute)), "New York")
				require.Zero(t, journalRows(t, l))
				closeLedger(t, l)

				l = open(t, s, now.Add(30*time.Second))
				defer func() { closeLedger(t, l) }()
				require.Equal(t, [2]float64{5, 3}, days(t, l, now.Add(time.Minute)), "after the power cut")
				require.Equal(t, "America/New_York", l.book.Find("acme").Calendar().Zone().String())
				require.Len(t, l.book.Find("acme").Calendar().History(), 1)
				require.Zero(t, journalRows(t, l))
				night(t, l, now.Add(time.Minute))
				require.Equal(t, [2]float64{5, 3}, days(t, l, now.Add(2*time.Minute)), "a resend is known")
			})
		}
	}
}

func TestTheFirstZoneMayComeWhileTheLedgerIsDown(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprint("crash=", crash), func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			s := withGrace(t, fs)
			l := open(t, s, noon)
			night(t, l, noon)
			if crash {
				s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
			}
			closeLedger(t, l)
			s.Catalogue = parsed(t, "organizations: [{id: acme"+newYork+"}]")
			s.Extraction.Meters[0].Windows = windows(t, "day", "week", "month", "30d") // changed as well
			l = open(t, s, noon.Add(time.Minute))
			defer closeLedger(t, l)
			require.Equal(t, [2]float64{5, 3}, days(t, l, noon.Add(2*time.Minute)))
			require.Zero(t, journalRows(t, l))
		})
	}
}

// What is closed stays: a zone that comes later takes effect with the next
// period, and nothing is kept for it any more.
func TestWhatIsClosedEndsTheJournal(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprint("crash=", crash), func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			s := withGrace(t, fs)
			l := open(t, s, noon)
			night(t, l, noon)
			closing := noon.Add(12*time.Hour + 3*day)
			collect(t, l, closing.Add(-time.Minute)) // closed are days from before, with nothing
			require.Positive(t, journalRows(t, l))
			collect(t, l, closing)
			if crash {
				s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
				closeLedger(t, l)
				l = open(t, s, closing)
			}
			require.Zero(t, journalRows(t, l))
			reloadAcme(t, l, closing.Add(time.Second), newYork)
			require.Len(t, l.book.Find("acme").Calendar().History(), 2)
			require.Equal(t, []string{"learners day 05-20: v1 05-24T00:00 used 2"}, storyOf(statements(t, l, StatementQuery{
				Organization: "acme", Meter: "learners", Window: "day", From: noon.Add(-day), To: noon.Add(time.Hour),
			})))
			closeLedger(t, l)
		})
	}
}

// Days from before the first item, closed with nothing, were cut by UTC. They
// are closed anew by the zone that holds from the beginning.
func TestWhatWasClosedWithNothingIsClosedAnew(t *testing.T) {
	l := open(t, withGrace(t, vfs.NewMem()), noon)
	defer closeLedger(t, l)
	night(t, l, noon)
	later := noon.Add(2 * day)
	collect(t, l, later)
	before := StatementQuery{Organization: "acme", Meter: "learners", Window: "day"}
	require.Equal(t, []string{"learners day 05-17: v1 05-21T00:00 used 0", "learners day 05-18: v1 05-22T00:00 used 0"}, storyOf(statements(t, l, before)))
	reloadAcme(t, l, later.Add(time.Second), newYork)
	all := statements(t, l, before)
	require.Equal(t, []string{"learners day 05-17: v1 05-21T04:00 used 0", "learners day 05-18: v1 05-22T04:00 used 0"}, storyOf(all))
	require.Equal(t, time.Date(2026, 5, 17, 4, 0, 0, 0, time.UTC), all[0].Start)
	collect(t, l, noon.Add(4*day))
	require.Equal(t, "learners day 05-19: v1 05-23T04:00 used 1", storyOf(statements(t, l, before))[2], "ann, at 23:00 in New York")
	require.Equal(t, "learners day 05-20: v1 05-24T04:00 used 1", storyOf(statements(t, l, before))[3])
}

func TestOnlyTheFirstZoneHoldsFromTheBeginning(t *testing.T) {
	for name, first := range map[string]string{"the same as before": "", "another": ", timezone: Asia/Tokyo"} {
		t.Run(name, func(t *testing.T) {
			l := open(t, withGrace(t, vfs.NewMem()), noon)
			defer closeLedger(t, l)
			night(t, l, noon)
			o := l.book.Find("acme")
			was := o.Organization
			reloadAcme(t, l, noon.Add(time.Minute), first)
			require.Equal(t, first == "", was == o.Organization)
			require.Zero(t, journalRows(t, l))
			require.NoError(t, l.SetCatalogue(context.Background(), parsed(t, "organizations: []"), noon.Add(2*time.Minute)))
			reloadAcme(t, l, noon.Add(3*time.Minute), newYork)
			require.Len(t, o.Calendar().History(), 2, "it was in the catalogue before")
		})
	}
	l := open(t, withGrace(t, vfs.NewMem()), noon)
	defer closeLedger(t, l)
	reloadAcme(t, l, noon, ", timezone: Asia/Tokyo")
	night(t, l, noon.Add(time.Second))
	require.Zero(t, journalRows(t, l), "the catalogue had it first")
	reloadAcme(t, l, noon.Add(time.Minute), newYork)
	require.Len(t, l.book.Find("acme").Calendar().History(), 2)
}

func TestAChangedDefinitionEndsJournals(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	night(t, l, noon)
	closeLedger(t, l)
	s.Extraction.Meters[0].Windows = windows(t, "day", "week", "month", "30d")
	l = open(t, s, noon.Add(time.Minute))
	defer closeLedger(t, l)
	require.Zero(t, journalRows(t, l))
	reloadAcme(t, l, noon.Add(2*time.Minute), newYork)
	require.Len(t, l.book.Find("acme").Calendar().History(), 2)
}

func TestJournalsAreBounded(t *testing.T) {
	for name, fill := range map[string]func(b *book.Book){
		"one": func(b *book.Book) { b.Find("acme").Journal.Size = book.MaxJournal - 10 },
		"all": func(b *book.Book) { b.Journaled.Store(book.MaxJournals - 10) },
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, withGrace(t, vfs.NewMem()), noon)
			defer closeLedger(t, l)
			night(t, l, noon)
			require.NoError(t, l.checkpoint(l.book))
			require.Equal(t, 2, journalRows(t, l))
			fill(l.book)
			night(t, l, noon.Add(time.Second))
			require.Nil(t, l.book.Find("acme").Journal)
			require.Zero(t, journalRows(t, l))
			reloadAcme(t, l, noon.Add(time.Minute), newYork)
			require.Len(t, l.book.Find("acme").Calendar().History(), 2)
		})
	}
}

func TestTheSizeOfJournalsIsKnownAfterARestart(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	l := open(t, s, noon)
	night(t, l, noon)
	send(t, l, noon, func(b *usage.Batch) { visit(b, "other", "ann", noon) })
	night(t, l, noon.Add(time.Second))
	before, all := l.book.Find("acme").Journal.Size, l.book.Journaled.Load()
	require.Positive(t, before)
	closeLedger(t, l)
	l = open(t, s, noon.Add(time.Minute))
	outage := wire.Encoder{}
	redo.Recover{Outage: meter.Outage{Down: noon.Add(time.Second).UnixNano(), Up: noon.Add(time.Minute).UnixNano()}}.Append(&outage)
	require.Equal(t, before+int64(len(outage.Bytes)), l.book.Find("acme").Journal.Size)
	require.Equal(t, all+2*int64(len(outage.Bytes)), l.book.Journaled.Load())
	closeLedger(t, l)
}

// testdata/format-7-journal was left by the last program of format 7, killed with a
// journal in rows: one of before a checkpoint, and one of a group behind it, which
// is in the log too.
func TestAJournalOfFormat7GoesOn(t *testing.T) {
	s := withGrace(t, vfs.Default)
	s.Directory = t.TempDir()
	require.NoError(t, os.CopyFS(s.Directory, os.DirFS(filepath.Join("testdata", "format-7-journal"))))
	now := noon.Add(2 * time.Minute)
	l := open(t, s, now)
	require.Equal(t, [2]float64{15, 0}, days(t, l, now), "UTC")
	send(t, l, now.Add(time.Second), func(b *usage.Batch) { minutes(b, "acme", "four", 11, noon.Add(-9*time.Hour)) })
	require.NoError(t, l.durable(l.book))
	killed := s
	killed.Directory = t.TempDir()
	require.NoError(t, os.CopyFS(killed.Directory, os.DirFS(s.Directory)))
	closeLedger(t, l)
	for _, s := range []book.Settings{s, killed} {
		l = open(t, s, now.Add(time.Minute))
		require.Equal(t, [2]float64{26, 0}, days(t, l, now.Add(time.Minute)), "UTC")
		reloadAcme(t, l, now.Add(time.Minute), newYork)
		require.Equal(t, [2]float64{5, 21}, days(t, l, now.Add(2*time.Minute)), "New York")
		require.Zero(t, journalRows(t, l))
		closeLedger(t, l)
	}
}

// Items arrive while organizations are put on their calendars; all are counted,
// once, and by them.
func TestItemsArriveWhileZonesAreGiven(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := withGrace(t, fs)
	l := open(t, s, noon)
	var names []string
	var text strings.Builder
	text.WriteString("organizations:\n")
	for i := range 100 {
		names = append(names, fmt.Sprint("org", i))
		fmt.Fprintf(&text, "  - {id: org%d%s}\n", i, newYork)
	}
	const rounds = 20
	round := func(n int) {
		send(t, l, noon.Add(time.Duration(n)*time.Millisecond), func(b *usage.Batch) {
			for _, name := range names {
				minutes(b, name, strconv.Itoa(n), 1, noon.Add(-9*time.Hour))
			}
		})
	}
	round(0)
	var senders sync.WaitGroup
	senders.Go(func() {
		for n := range rounds {
			round(n + 1)
		}
	})
	c := parsed(t, text.String())
	require.NoError(t, l.SetCatalogue(context.Background(), c, noon))
	senders.Wait()
	s.FS, s.Catalogue = fs.CrashClone(vfs.CrashCloneCfg{}), c
	closeLedger(t, l)
	l = open(t, s, noon.Add(time.Minute))
	defer func() { closeLedger(t, l) }()
	figures := collect(t, l, noon.Add(2*time.Minute))
	for _, name := range names {
		require.Equal(t, float64(rounds+1), figure(figures, name, "usage_consumption", "window=day", "period=previous"), name)
	}
}

// BenchmarkGiveCalendar gives the figures of docs/operations.md.
func BenchmarkGiveCalendar(b *testing.B) {
	const items = 300_000
	l := open(b, withGrace(b, vfs.NewMem()), noon)
	defer closeLedger(b, l)
	for i := 0; i < items; i += 1000 {
		send(b, l, noon.Add(time.Duration(i)*time.Millisecond), func(batch *usage.Batch) {
			for j := range 500 {
				visit(batch, "acme", fmt.Sprint("u", (i+j*7)%30_000), noon.Add(-time.Duration(i%86400)*time.Second))
				minutes(batch, "acme", strconv.Itoa(i+j), 1, noon.Add(-time.Duration(i%86400)*time.Second))
			}
		})
	}
	require.NoError(b, l.durable(l.book))
	o := l.book.Find("acme")
	size := o.Journal.Size
	for b.Loop() {
		l.mu.Lock()
		_, err := l.book.Retell(o, o.Calendar())
		l.mu.Unlock()
		require.NoError(b, err)
	}
	b.ReportMetric(float64(size)/items, "B/item")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/items, "ns/item")
}
