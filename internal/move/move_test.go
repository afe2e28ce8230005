// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package move_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/move"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

func windows(t testing.TB, names ...string) (ws []usage.Window) {
	t.Helper()
	for _, name := range names {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		ws = append(ws, w)
	}
	return ws
}

func meters(t testing.TB) []usage.Meter {
	t.Helper()
	return []usage.Meter{
		{
			Name: "learners", Type: usage.ActiveUsers, Windows: windows(t, "day", "week", "month", "30d"), Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"course.accessed"}, Billable: true}}}},
		},
		{
			Name: "minutes", Type: usage.Consumption, Windows: windows(t, "day", "month"), Classes: []string{""}, Unit: "min",
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"transcription.finished"}}}}},
		},
	}
}

// customers is a catalogue in which acme has a zone, a quota and a price; birch is in none, so
// it has a journal at first.
func customers(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Parse([]byte("organizations:\n  - {id: acme, currency: EUR, timezone: Europe/Berlin, plan: {type: traditional, term_start: 2026-01-01, term_months: 12}, quotas: {minutes: {window: month, limit: 100, flex_price: \"0.02\"}}}\n"))
	require.NoError(t, err)
	return c
}

func settings(t testing.TB, fs vfs.FS, dir string) ledger.Settings {
	t.Helper()
	return ledger.Settings{
		Directory: dir, FS: fs, Extraction: usage.Extraction{Meters: meters(t)},
		Catalogue: customers(t), CollectEvery: time.Minute,
		Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Grace: 24 * time.Hour, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 100, UnknownOrganizations: 100, UsersPerOrganization: 1_000_000, ValuesPerDimension: 10},
	}
}

func open(t testing.TB, s ledger.Settings, now time.Time) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(s, now)
	require.NoError(t, err)
	return l
}

func add(b *usage.Batch, it usage.Item, effects ...usage.Effect) {
	it.FirstEffect, it.NumEffects = int32(len(b.Effects)), int32(len(effects))
	b.Effects = append(b.Effects, effects...)
	b.Items = append(b.Items, it)
}

// life is what arrives of one organization, in the order of its arrival: late, ahead,
// repeated, of aliases, of lifecycle and of standing activity.
type life struct {
	id    string
	items []arrival
}

type arrival struct {
	at   time.Time
	fill func(b *usage.Batch)
}

func newLife(id string, seed uint64, from time.Time, n int) *life {
	r, l := rand.New(rand.NewPCG(seed, 1)), &life{id: id}
	at := from
	for i := range n {
		at = at.Add(time.Duration(r.IntN(90)) * time.Minute)
		now, user := at, fmt.Sprintf("user-%d@example.org", r.IntN(20))
		when := now.Add(-time.Duration(r.IntN(3)*r.IntN(60*24*20)) * time.Minute).Add(time.Duration(r.IntN(4)) * time.Minute)
		var fill func(b *usage.Batch)
		switch kind := r.IntN(12); {
		case kind < 5:
			fill = func(b *usage.Batch) {
				add(b, usage.Item{Organization: id, User: user, Action: "course.accessed", Time: when.UnixNano()}, usage.Effect{Kind: usage.Active, Meter: 0})
			}
		case kind < 10:
			value := int64(1 + r.IntN(5))
			fill = func(b *usage.Batch) {
				add(b, usage.Item{Organization: id, UID: fmt.Sprint("u", i), User: user, Action: "transcription.finished", Time: when.UnixNano()},
					usage.Effect{Kind: usage.Consume, Meter: 1, Value: value * usage.Micro})
			}
		case kind == 10 && r.IntN(2) == 0:
			fill = func(b *usage.Batch) {
				add(b, usage.Item{Organization: id, User: user, Action: "user.aliased", Time: when.UnixNano()}, usage.Effect{Kind: usage.Alias, Key: fmt.Sprint("before-", user)})
			}
		case kind == 10:
			fill = func(b *usage.Batch) {
				add(b, usage.Item{Organization: id, User: user, Action: "user.registered", Time: when.UnixNano()}, usage.Effect{Kind: usage.Lifecycle, Status: usage.Registered})
			}
		default:
			fill = func(b *usage.Batch) {
				add(b, usage.Item{Organization: id, User: user, Action: "course.accessed", Time: when.UnixNano()},
					usage.Effect{Kind: usage.StandingOn, Meter: 0, Key: "course-1"})
			}
		}
		l.items = append(l.items, arrival{now, fill})
	}
	return l
}

func (l *life) send(t testing.TB, to *ledger.Ledger, from, till int) {
	t.Helper()
	for _, a := range l.items[from:till] {
		b := &usage.Batch{}
		a.fill(b)
		require.NoError(t, to.Record(context.Background(), a.at, b))
	}
}

// resend sends again what was counted before: all of it is a repeat, or sets what is
// set.
func (l *life) resend(t testing.TB, to *ledger.Ledger, till int, now time.Time) {
	t.Helper()
	for _, a := range l.items[:till] {
		b := &usage.Batch{}
		a.fill(b)
		require.NoError(t, to.Record(context.Background(), now, b))
	}
}

// answer is all that a ledger says of an organization at a minute: figures and every
// version of every statement.
func answer(t testing.TB, l *ledger.Ledger, id string, at time.Time) (lines []string) {
	t.Helper()
	c, err := l.Collect(context.Background(), at)
	require.NoError(t, err)
	for _, o := range c.Organizations {
		if o.Organization != id {
			continue
		}
		for _, f := range o.Figures {
			var labels []string
			for _, label := range f.Series.Labels {
				labels = append(labels, label.Name+"="+label.Value)
			}
			lines = append(lines, fmt.Sprintf("%s{%s} %v", f.Series.Name, strings.Join(labels, ","), f.Value))
		}
	}
	slices.Sort(lines)
	for _, meter := range []string{"learners", "minutes"} {
		for _, window := range windows(t, "day", "week", "month") {
			if meter == "minutes" && window.Kind == usage.Week {
				continue
			}
			all, err := l.Statements(context.Background(), ledger.StatementQuery{Organization: id, Meter: meter, Window: window.String()})
			require.NoError(t, err)
			for i := range all {
				lines = append(lines, fmt.Sprintf("%s %v %s", meter, window, text(&all[i])))
			}
		}
	}
	for _, window := range []string{"day", "month"} {
		q := inquiry.UsersQuery{Organization: id, Window: window}
		err := l.Users(context.Background(), q, func(u *inquiry.User) error {
			b, err := json.Marshal(u)
			lines = append(lines, string(b))
			return err
		})
		require.NoError(t, err)
	}
	return lines
}

func text(s *archive.Statement) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// world is two ledgers that were stopped, the first of which has acme and birch, and what
// their life would have been in a ledger of their own.
type world struct {
	acme, birch, other *life
	sent               int
	stopped            time.Time
}

const from, to = "data/a/ledger", "data/b/ledger"

// noCatalogue is for the source once acme has moved: else it would begin anew there.
func without(s ledger.Settings) ledger.Settings {
	s.Catalogue = nil
	return s
}

func build(t testing.TB, fs vfs.FS) *world {
	t.Helper()
	w := &world{sent: 150}
	w.acme, w.birch = newLife("acme", 1, noon, 200), newLife("birch", 2, noon, 200)
	w.other = newLife("cedar", 3, noon, 40)
	w.stopped = w.acme.items[w.sent].at
	a := open(t, settings(t, fs, from), noon)
	w.acme.send(t, a, 0, w.sent)
	w.birch.send(t, a, 0, 3)
	require.NoError(t, a.Remember(context.Background(), "shown", map[string][]byte{"oacme": {7}, "obirch": {8}}))
	require.NoError(t, a.Remember(context.Background(), usage.MemoryOfBills, map[string][]byte{"acme\x002026-05": {1}, "birch\x002026-05": {1}}))
	answer(t, a, "acme", w.acme.items[w.sent-1].at.Add(time.Minute))
	require.NoError(t, a.Close(context.Background()))
	b := open(t, without(settings(t, fs, to)), noon)
	w.other.send(t, b, 0, 20)
	require.NoError(t, b.Close(context.Background()))
	return w
}

func run(fs vfs.FS, id string) (move.Result, error) {
	return move.Run(context.Background(), move.Options{FS: fs, Organization: id, From: from, To: to, Now: noon})
}

// whole is a file system as it is after a stop in order.
func whole(fs *vfs.MemFS) *vfs.MemFS {
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

// stayed is what a ledger answers in which the organization stayed.
func stayed(t testing.TB, fs *vfs.MemFS, w *world) (before, after []string) {
	t.Helper()
	return lived(t, whole(fs), settings(t, fs, from), w)
}

// lived goes on with acme's life in a ledger, of which it returns two answers. All that was
// sent before is sent again in between.
func lived(t testing.TB, fs vfs.FS, s ledger.Settings, w *world) (before, after []string) {
	t.Helper()
	s.FS = fs
	l := open(t, s, w.stopped)
	before = answer(t, l, "acme", w.stopped.Add(time.Minute))
	w.acme.resend(t, l, w.sent, w.stopped.Add(2*time.Minute))
	w.acme.send(t, l, w.sent, len(w.acme.items))
	last := w.acme.items[len(w.acme.items)-1].at
	after = answer(t, l, "acme", last.Add(40*24*time.Hour))
	require.NoError(t, l.Close(context.Background()))
	return before, after
}

func TestAMovedOrganizationAnswersAsIfItHadStayed(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := build(t, fs)
	before, after := stayed(t, fs, w)
	require.Greater(t, len(before), 20)

	r, err := run(fs, "acme")
	require.NoError(t, err)
	require.Positive(t, r.Rows)
	require.Greater(t, r.Figures, 20)

	again, err := run(fs, "acme")
	require.NoError(t, err)
	require.True(t, again.Already)

	a := open(t, without(settings(t, fs, from)), w.stopped)
	require.NotContains(t, a.IDs(), "acme")
	require.Contains(t, a.IDs(), "birch")
	for name, key := range map[string]string{"shown": "oacme", usage.MemoryOfBills: "acme\x002026-05"} {
		kept, err := a.Recall(context.Background(), name)
		require.NoError(t, err)
		require.NotContains(t, kept, key)
		require.Len(t, kept, 1)
	}
	require.NoError(t, a.Close(context.Background()))

	b := open(t, settings(t, fs, to), w.stopped)
	kept, err := b.Recall(context.Background(), usage.MemoryOfBills)
	require.NoError(t, err)
	require.Contains(t, kept, "acme\x002026-05")
	kept, err = b.Recall(context.Background(), "shown")
	require.NoError(t, err)
	require.Empty(t, kept, "it names series by numbers of the other ledger")
	require.Contains(t, b.IDs(), "cedar")
	require.NoError(t, b.Close(context.Background()))
	gotBefore, gotAfter := lived(t, fs, settings(t, fs, to), w)
	require.Equal(t, before, gotBefore)
	require.Equal(t, after, gotAfter)
}

func TestAMoveToAnEmptyDirectoryMakesALedgerOfTheSameBirth(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := build(t, fs)
	before, after := stayed(t, fs, w)
	require.NoError(t, fs.RemoveAll(to))
	require.NoError(t, fs.Remove(to+".certificate"))
	_, err := run(fs, "acme")
	require.NoError(t, err)
	_, err = run(fs, "birch") // before anything has started there
	require.NoError(t, err)
	gotBefore, gotAfter := lived(t, fs, settings(t, fs, to), w)
	require.Equal(t, before, gotBefore)
	require.Equal(t, after, gotAfter)
}

// TestAJournalGoesAlong has birch told again by the zone that the catalogue gives it
// only after the move, as it would have been without.
func TestAJournalGoesAlong(t *testing.T) {
	zoned, err := catalogue.Parse([]byte("organizations:\n  - {id: birch, timezone: Pacific/Auckland}\n"))
	require.NoError(t, err)
	told := func(fs vfs.FS, dir string, w *world) []string {
		s := settings(t, fs, dir)
		s.Catalogue = zoned
		l := open(t, s, w.stopped)
		defer func() { require.NoError(t, l.Close(context.Background())) }()
		w.birch.resend(t, l, 3, w.stopped)
		return answer(t, l, "birch", w.stopped.Add(time.Minute))
	}
	for _, fresh := range []bool{false, true} {
		fs := vfs.NewCrashableMem()
		w := build(t, fs)
		want := told(whole(fs), from, w)
		if fresh {
			require.NoError(t, fs.RemoveAll(to))
			require.NoError(t, fs.Remove(to+".certificate"))
		}
		_, err := run(fs, "birch")
		require.NoError(t, err)
		require.Equal(t, want, told(fs, to, w))
		require.Contains(t, strings.Join(want, "\n"), "Pacific/Auckland")
	}
}

func TestAnOrganizationMovesBack(t *testing.T) {
	fs := vfs.NewCrashableMem()
	w := build(t, fs)
	before, after := stayed(t, fs, w)
	_, err := run(fs, "acme")
	require.NoError(t, err)
	_, err = move.Run(context.Background(), move.Options{FS: fs, Organization: "acme", From: to, To: from, Now: noon})
	require.NoError(t, err)
	gotBefore, gotAfter := lived(t, fs, settings(t, fs, from), w)
	require.Equal(t, before, gotBefore)
	require.Equal(t, after, gotAfter)
}

// has reports whether a directory's ledger has acme; unfinished that none opens it.
func has(t testing.TB, fs vfs.FS, dir string) (has, unfinished bool) {
	t.Helper()
	if move.Unfinished(fs, dir) != nil {
		_, err := ledger.Open(without(settings(t, fs, dir)), noon)
		require.ErrorContains(t, err, "was being moved to it")
		return false, true
	}
	l := open(t, without(settings(t, fs, dir)), noon)
	defer func() { require.NoError(t, l.Close(context.Background())) }()
	return slices.Contains(l.IDs(), "acme"), false
}

func TestAKillAtAnyWriteLeavesItInOneOfThem(t *testing.T) {
	base := vfs.NewCrashableMem()
	w := build(t, base)
	before, after := stayed(t, base, w)
	seen := map[string]int{}
	step := int64(7) // no divisor of what a checkpoint writes, so that each kind of write is met
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		step = 1
	}
	for at := int64(0); ; at += step {
		fs := whole(base)
		var n atomic.Int64 // Pebble writes on goroutines of its own
		var left atomic.Pointer[vfs.MemFS]
		kept := []int{0, 100}[at%2]
		failing := errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
				return nil
			}
			if n.Add(1) == at+1 {
				left.Store(fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: kept, RNG: rand.New(rand.NewPCG(uint64(at), 2))}))
			}
			return nil
		}))
		_, err := run(failing, "acme")
		require.NoError(t, err)
		cut := left.Load()
		if cut == nil {
			break
		}
		source, _ := has(t, whole(cut), from)
		target, unfinished := has(t, whole(cut), to)
		require.False(t, source && target, "write %d: both have it", at)
		require.True(t, source || target || unfinished, "write %d: none has it", at)
		r, err := run(cut, "acme")
		require.NoError(t, err, "write %d", at)
		switch {
		case r.Resumed:
			seen["resumed"]++
		case r.Already:
			seen["already"]++
		default:
			seen["begun anew"]++
		}
		source, _ = has(t, whole(cut), from)
		target, _ = has(t, whole(cut), to)
		require.False(t, source, "write %d", at)
		require.True(t, target, "write %d", at)
		if at%16 == 0 || r.Resumed && seen["resumed"] == 1 { // figures of all would take a minute
			gotBefore, gotAfter := lived(t, cut, settings(t, cut, to), w)
			require.Equal(t, before, gotBefore, "write %d", at)
			require.Equal(t, after, gotAfter, "write %d", at)
		}
	}
	require.Len(t, seen, 3, "%v", seen)
	t.Log(seen)
}
