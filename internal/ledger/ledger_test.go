// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// windows parses windows.
func windows(t testing.TB, names ...string) (ws []usage.Window) {
	t.Helper()
	for _, name := range names {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		ws = append(ws, w)
	}
	return ws
}

// meters are one of users and one of minutes.
func meters(t testing.TB) []usage.Meter {
	t.Helper()
	return []usage.Meter{
		{
			Name: "learners", Type: usage.ActiveUsers, Windows: windows(t, "day", "month", "30d"), Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"course.accessed"}, Billable: true}}}},
		},
		{
			Name: "minutes", Type: usage.Consumption, Windows: windows(t, "day", "month"), Classes: []string{""}, Unit: "min",
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"transcription.finished"}}}}},
		},
	}
}

func settings(t testing.TB, fs vfs.FS) book.Settings {
	t.Helper()
	return book.Settings{
		Directory: "ledger", FS: fs, Extraction: usage.Extraction{Meters: meters(t)},
		Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Silence: time.Hour,
		Limits: intake.Limits{Organizations: 100, UnknownOrganizations: 100, UsersPerOrganization: 1_000_000, ValuesPerDimension: 10},
	}
}

func open(t testing.TB, s book.Settings, now time.Time) *Ledger {
	t.Helper()
	l, err := Open(s, now)
	require.NoError(t, err)
	return l
}

func closeLedger(t testing.TB, l *Ledger) {
	t.Helper()
	require.NoError(t, l.Close(context.Background()))
}

// visit is an item of a user's activity.
func visit(b *usage.Batch, organization, user string, at time.Time) {
	add(b, usage.Item{Organization: organization, User: user, Action: "course.accessed", Time: at.UnixNano()},
		usage.Effect{Kind: usage.Active, Meter: 0})
}

// minutes is an item of consumption.
func minutes(b *usage.Batch, organization, uid string, value int64, at time.Time) {
	add(b, usage.Item{Organization: organization, UID: uid, Action: "transcription.finished", Time: at.UnixNano()},
		usage.Effect{Kind: usage.Consume, Meter: 1, Value: value * usage.Micro})
}

func add(b *usage.Batch, it usage.Item, effects ...usage.Effect) {
	it.FirstEffect, it.NumEffects = int32(len(b.Effects)), int32(len(effects))
	b.Effects = append(b.Effects, effects...)
	b.Items = append(b.Items, it)
}

func figure(c usage.Collection, organization, name string, labels ...string) float64 {
	for _, o := range c.Organizations {
		if o.Organization != organization {
			continue
		}
	next:
		for _, f := range o.Figures {
			if f.Series.Name != name {
				continue
			}
			have := ""
			var haveLabels strings.Builder
			for _, l := range f.Series.Labels {
				haveLabels.WriteString(l.Name + "=" + l.Value + ",")
			}
			have += haveLabels.String()
			for _, want := range labels {
				if !strings.Contains(have, want+",") {
					continue next
				}
			}
			return f.Value
		}
	}
	return -1
}

func collect(t testing.TB, l *Ledger, at time.Time) usage.Collection {
	t.Helper()
	c, err := l.Collect(context.Background(), at)
	require.NoError(t, err)
	return c
}

func TestARestartRestoresEveryFigure(t *testing.T) {
	for _, fold := range []int64{0, 1} {
		t.Run(fmt.Sprint("fold=", fold), func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			s := settings(t, fs)
			l := open(t, s, noon)
			var b usage.Batch
			for i := range 500 {
				visit(&b, fmt.Sprint("org", i%7), fmt.Sprint("u", i%90), noon.Add(-time.Duration(i)*time.Hour))
				minutes(&b, fmt.Sprint("org", i%7), fmt.Sprint("m", i), int64(i), noon.Add(-time.Duration(i)*time.Hour))
			}
			require.NoError(t, l.Record(context.Background(), noon, &b))
			if fold == 1 {
				require.NoError(t, l.checkpoint(l.book))
			}
			collect(t, l, noon.Add(time.Minute))
			s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
			before := collect(t, l, noon.Add(2*time.Minute))
			closeLedger(t, l)
			l = open(t, s, noon.Add(2*time.Minute))
			after := collect(t, l, noon.Add(2*time.Minute))
			require.Len(t, after.Organizations, len(before.Organizations))
			for i, o := range before.Organizations {
				require.Equal(t, values(o), values(after.Organizations[i]), o.Organization)
			}
			closeLedger(t, l)
		})
	}
}

func values(o usage.OrganizationFigures) map[string]float64 {
	m := map[string]float64{}
	for _, f := range o.Figures {
		m[fmt.Sprint(f.Series.Name, f.Series.Labels)] = f.Value
	}
	return m
}

// What was acknowledged before the power is cut is there, and resending all of
// it counts nothing twice.
func TestNoAcknowledgedItemIsLostWhenThePowerIsCut(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	s.FoldBytes = 2000 // checkpoints all the time
	l := open(t, s, noon)
	batchOf := func(uids ...string) *usage.Batch {
		var b usage.Batch
		for _, uid := range uids {
			minutes(&b, "acme", uid, 1, noon)
			visit(&b, "acme", "user "+uid, noon)
		}
		return &b
	}
	var mu sync.Mutex
	var promised []string
	for crash := range 15 {
		var senders sync.WaitGroup
		for sender := range 8 {
			senders.Go(func() {
				for i := range 12 {
					uid := fmt.Sprint(crash, "-", sender, "-", i)
					if l.Record(context.Background(), noon, batchOf(uid)) == nil {
						mu.Lock()
						promised = append(promised, uid)
						mu.Unlock()
					}
				}
			})
		}
		require.NoError(t, l.checkpoint(l.book))
		mu.Lock()
		before := slices.Clone(promised)
		clone := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 30 * (crash % 4), RNG: rand.New(rand.NewPCG(uint64(crash), 1))})
		mu.Unlock()
		senders.Wait()

		l2 := open(t, settings(t, clone), noon.Add(time.Second))
		for range 2 {
			require.NoError(t, l2.Record(context.Background(), noon.Add(time.Second), batchOf(before...)))
		}
		c := collect(t, l2, noon.Add(time.Minute))
		sum := max(0, figure(c, "acme", "usage_consumption", "window=day", "period=current"))
		require.GreaterOrEqual(t, sum, float64(len(before)))
		require.Equal(t, float64(2*len(before)), max(0, figure(c, "acme", "usage_items_total", "outcome=duplicate")), "crash %d", crash)
		require.Equal(t, sum, max(0, figure(c, "acme", "usage_active_users", "window=day", "period=current")))
		closeLedger(t, l2)
	}
	closeLedger(t, l)
}

func TestAFailedWriteStopsAcknowledgingAndTheDirectoryIsReadAnew(t *testing.T) {
	for _, op := range []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpFileSyncData} {
		t.Run(fmt.Sprint(op), func(t *testing.T) {
			var broken atomic.Bool
			fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
				if broken.Load() && o.Kind == op && isOfLog(o.Path) {
					return errorfs.ErrInjected
				}
				return nil
			}))
			s := settings(t, fs)
			l := open(t, s, noon)
			var b usage.Batch
			minutes(&b, "acme", "1", 1, noon)
			require.NoError(t, l.Record(context.Background(), noon, &b))
			broken.Store(true)
			var refused error
			for i := 0; refused == nil && i < 100; i++ {
				var b usage.Batch
				minutes(&b, "acme", fmt.Sprint("x", i), 1, noon)
				refused = l.Record(context.Background(), noon, &b)
			}
			if refused == nil {
				broken.Store(false) // the log does not use this call
				closeLedger(t, l)
				return
			}
			require.ErrorIs(t, refused, usage.ErrUnavailable)
			require.Error(t, l.Ready())
			require.ErrorIs(t, l.Record(context.Background(), noon, &b), usage.ErrUnavailable)
			broken.Store(false)
			require.Eventually(t, func() bool { return l.Ready() == nil }, 20*time.Second, 50*time.Millisecond)
			require.NoError(t, l.Record(context.Background(), noon, &b), "a resend")
			c := collect(t, l, noon.Add(time.Minute))
			require.GreaterOrEqual(t, figure(c, "acme", "usage_consumption", "window=day", "period=current"), 1.0)
			closeLedger(t, l)
		})
	}
}

func TestASecondLedgerOnADirectoryIsRefused(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	l := open(t, s, noon)
	_, err := Open(s, noon)
	require.ErrorContains(t, err, "another process uses this directory")
	closeLedger(t, l)
	closeLedger(t, open(t, s, noon))
}

func TestStateOfANewerFormatIsRefusedUntouched(t *testing.T) {
	fs := vfs.NewMem()
	require.NoError(t, fs.MkdirAll("ledger", 0o700))
	f, err := fs.Create("ledger/FORMAT", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = io.WriteString(f, "otelcol-usage ledger 99\n")
	require.NoError(t, errors.Join(err, f.Close()))
	_, err = Open(settings(t, fs), noon)
	require.ErrorContains(t, err, "its state is of format 99")
	names, err := fs.List("ledger")
	require.NoError(t, err)
	require.Equal(t, []string{"FORMAT"}, names)
}

// testdata/format-1 was left by the last program of format 1, killed three
// minutes after noon: with a checkpoint, and redo entries behind it.
func TestStateOfFormat1IsReadAndBecomesTheNewest(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Directory = t.TempDir()
	require.NoError(t, os.CopyFS(s.Directory, os.DirFS(filepath.Join("testdata", "format-1"))))
	l := open(t, s, noon.Add(3*time.Minute))
	version, err := versions.CheckFormat(s.FS, s.Directory)
	require.NoError(t, err)
	require.Equal(t, versions.Format, version)
	for minute := time.Duration(4); minute < 6; minute++ {
		c := collect(t, l, noon.Add(minute*time.Minute))
		require.Equal(t, 9.0, figure(c, "acme", "usage_active_users", "window=month", "period=current"))
		require.Equal(t, 880.0, figure(c, "acme", "usage_consumption", "window=month", "period=current"))
		require.Equal(t, 588.0, figure(c, "acme", "usage_consumption", "window=day", "period=previous"))
		require.Equal(t, -1.0, figure(c, "acme", "usage_at_same_share", "window=day"), "nobody recorded how yesterday went")
		closeLedger(t, l)
		l = open(t, s, noon.Add(minute*time.Minute))
	}
	c := collect(t, l, noon.AddDate(0, 0, 2))
	require.Zero(t, figure(c, "acme", "usage_at_same_share", "window=day", "meter=minutes"), "of yesterday it is known")
	closeLedger(t, l)
}

// byFeature are meters of which the first has a breakdown.
func byFeature(t testing.TB) []usage.Meter {
	t.Helper()
	all := meters(t)
	all[0].Breakdowns = []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}}
	return all
}

// visitFeature is a visit of a user to one of three features.
func visitFeature(b *usage.Batch, user int, at time.Time) {
	b.Values = append(b.Values, []string{"read", "share", "invite"}[user%3])
	add(b, usage.Item{Organization: "acme", User: "user-" + strconv.Itoa(user), UID: "uid", Action: "course.accessed", Time: at.UnixNano()},
		usage.Effect{Kind: usage.Active, Meter: 0, FirstValue: int32(len(b.Values) - 1), NumValues: 1})
}

// testdata/format-2 was left by the last program of format 2, killed a minute
// after noon: with a checkpoint of 150 users and redo entries of 50 more.
func TestStateOfFormat2IsReadAndBecomesTheNewest(t *testing.T) {
	s := settings(t, vfs.Default)
	s.Extraction.Meters = byFeature(t)
	s.Directory = t.TempDir()
	require.NoError(t, os.CopyFS(s.Directory, os.DirFS(filepath.Join("testdata", "format-2"))))
	for minute := time.Duration(2); minute < 5; minute++ {
		now := noon.Add(minute * time.Minute)
		l := open(t, s, now)
		for user := range 200 { // all are known, in their features
			var b usage.Batch
			visitFeature(&b, user, now)
			require.NoError(t, l.Record(context.Background(), now, &b))
		}
		c := collect(t, l, now.Add(time.Minute))
		require.Equal(t, 200.0, figure(c, "acme", "usage_active_users", "window=month", "period=current"))
		for feature, users := range map[string]float64{"read": 67, "share": 67, "invite": 66} {
			require.Equal(t, users, figure(c, "acme", "usage_active_users_breakdown", "window=30d", "dimension_value="+feature))
		}
		require.Len(t, firstsOf(t, l), 3)
		require.Equal(t, noon.UnixNano(), firstsOf(t, l)[0].Time, "the first of the day stays")
		closeLedger(t, l)
	}
	version, err := versions.CheckFormat(s.FS, s.Directory)
	require.NoError(t, err)
	require.Equal(t, versions.Format, version)
}

func TestAChangedDefinitionNeedsALaterDay(t *testing.T) {
	s := settings(t, vfs.NewMem())
	closeLedger(t, open(t, s, noon))
	changed := meters(t)
	changed[0].Versions[0].Classes[0].Actions = []string{"course.accessed", "session.attended"}
	s.Extraction.Meters = changed
	_, err := Open(s, noon)
	require.ErrorContains(t, err, "meters::learners: effective_from")
	changed[0].Versions[0].EffectiveFrom = usage.Date{Year: 2026, Month: 6, Day: 1}
	l := open(t, s, noon)
	require.Len(t, l.Extraction().Meters[0].Versions, 2)
	closeLedger(t, l)
	l = open(t, s, noon) // and is then as it is
	require.Len(t, l.Extraction().Meters[0].Versions, 2)
	closeLedger(t, l)
}

func TestAMeterThatComesLaterBeginsEmptyAndKeepsTheOthers(t *testing.T) {
	s := settings(t, vfs.NewMem())
	all := meters(t)
	s.Extraction.Meters = all[:1]
	l := open(t, s, noon)
	var b usage.Batch
	visit(&b, "acme", "ann", noon)
	require.NoError(t, l.Record(context.Background(), noon, &b))
	closeLedger(t, l)
	s.Extraction.Meters = meters(t)
	l = open(t, s, noon.Add(time.Minute))
	b.Reset()
	minutes(&b, "acme", "1", 5, noon)
	visit(&b, "acme", "ann", noon)
	require.NoError(t, l.Record(context.Background(), noon.Add(time.Minute), &b))
	c := collect(t, l, noon.Add(2*time.Minute))
	require.Equal(t, 1.0, figure(c, "acme", "usage_active_users", "window=day", "period=current"))
	require.Equal(t, 5.0, figure(c, "acme", "usage_consumption", "window=day", "period=current"))
	require.Equal(t, -1.0, figure(c, "acme", "usage_consumption", "window=month", "period=previous"))
	closeLedger(t, l)
}

func TestOrganizationsOfTheCatalogueExistWithZeros(t *testing.T) {
	s := settings(t, vfs.NewMem())
	l := open(t, s, noon)
	cat, err := catalogue.Parse([]byte("organizations: [{id: acme, timezone: Europe/Berlin, anchor_day: 15, meters: [learners]}]"))
	require.NoError(t, err)
	require.NoError(t, l.SetCatalogue(context.Background(), cat, noon))
	c := collect(t, l, noon.Add(time.Minute))
	require.Equal(t, 0.0, figure(c, "acme", "usage_active_users", "window=month", "period=current"))
	closeLedger(t, l)
}

func TestReceiversAndAccountsOfTheCatalogueAreInTheFiguresUntilTheyLeaveIt(t *testing.T) {
	l := open(t, settings(t, vfs.NewMem()), noon)
	minute := 0
	said := func(text string) []string {
		t.Helper()
		cat, err := catalogue.Parse([]byte("organizations: [{id: acme" + text + "}]"))
		require.NoError(t, err)
		require.NoError(t, l.SetCatalogue(context.Background(), cat, noon))
		minute++
		var got []string
		for _, f := range collect(t, l, noon.Add(time.Duration(minute)*time.Minute)).Organizations[0].Figures {
			if strings.HasPrefix(f.Series.Name, "usage_organization_notify") || f.Series.Name == "usage_organization_account" {
				got = append(got, fmt.Sprintf("%s%v%v", f.Series.Name, f.Series.Labels, f.Value))
			}
		}
		return got
	}
	require.Equal(t, []string{
		"usage_organization_notify[{channel email} {receiver a@acme.example}]1",
		"usage_organization_notify[{channel email} {receiver b@acme.example}]1",
		"usage_organization_notify[{channel webhook} {receiver https://acme.example/hook}]1",
		"usage_organization_notify_channels[{notify email,webhook}]1",
	}, said(", notify: {email: [a@acme.example, b@acme.example], webhook: [https://acme.example/hook]}"))
	require.Equal(t, []string{
		"usage_organization_notify[{channel sms} {receiver +4930123456}]1",
		"usage_organization_notify_channels[{notify sms}]1",
	}, said(`, notify: {sms: ["+4930123456"]}`))
	require.Equal(t, []string{
		"usage_organization_notify_channels[{notify none}]1",
		"usage_organization_account[{client_id 1042} {subdomain acme}]1",
	}, said(`, client_id: "1042", subdomain: acme`))
	require.Equal(t, []string{"usage_organization_notify_channels[{notify none}]1"}, said(""))
	closeLedger(t, l)
}

func TestWhatCannotBeAnOrganizationsIDIsInvalid(t *testing.T) {
	l := open(t, settings(t, vfs.NewMem()), noon)
	var b usage.Batch
	for _, id := range []string{"a\tb", "a\x00", "a\x7f", strings.Repeat("x", 257), strings.Repeat("x", 256), "Ä b/c"} {
		visit(&b, id, "ann", noon)
	}
	require.NoError(t, l.Record(context.Background(), noon, &b))
	c := collect(t, l, noon.Add(time.Minute))
	require.Equal(t, 4.0, figure(c, usage.NoOrganization, "usage_items_total", "outcome=invalid"))
	for _, id := range []string{strings.Repeat("x", 256), "Ä b/c"} {
		require.Equal(t, 1.0, figure(c, id, "usage_active_users", "window=day", "period=current"))
	}
	closeLedger(t, l)
}

func TestABreakdownThatWasCountedByStaysAsItIs(t *testing.T) {
	s := settings(t, vfs.NewMem())
	s.Extraction.Meters = byFeature(t)
	closeLedger(t, open(t, s, noon))
	for _, breakdowns := range [][]usage.Breakdown{
		nil, {{Dimension: "feature", Attribute: "feature"}}, {{Dimension: "area", Attribute: "app.feature"}},
	} {
		s.Extraction.Meters[0].Breakdowns = breakdowns
		_, err := Open(s, noon)
		require.ErrorContains(t, err, "breakdowns::feature: this ledger has counted by it")
	}
	s.Extraction.Meters[0].Breakdowns = []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}, {Dimension: "model", Attribute: "model"}}
	closeLedger(t, open(t, s, noon))
}

// A breakdown that comes later has what was counted before under no value, so
// that it adds up; what is held for its time as well.
func TestABreakdownMayComeToAMeterThatHasCounted(t *testing.T) {
	s := withGrace(t, vfs.NewMem())
	s.Extraction.Meters[1].Averages = []usage.AverageOf{{Name: "accuracy"}, {Name: "pace"}}
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) {
		visit(b, "acme", "ann", noon)
		minutes(b, "acme", "one", 3, noon.Add(-time.Hour))
		b.Averages = append(b.Averages, usage.Average{Set: true, Value: usage.Micro}, usage.Average{Set: true, Value: 7 * usage.Micro})
		add(b, usage.Item{Organization: "acme", UID: "ahead", Action: "transcription.finished", Time: noon.Add(3 * time.Minute).UnixNano()},
			usage.Effect{Kind: usage.Consume, Meter: 1, Value: 5 * usage.Micro, NumAverages: 2})
	})
	closeLedger(t, l)
	model := []usage.Breakdown{{Dimension: "model", Attribute: "model"}}
	s.Extraction.Meters[0].Breakdowns, s.Extraction.Meters[1].Breakdowns = model, model
	s.Extraction.Meters[1].Averages = s.Extraction.Meters[1].Averages[1:]
	now := noon.Add(time.Minute)
	for range 2 { // it is read back as well
		l = open(t, s, now)
		send(t, l, now, func(b *usage.Batch) {
			b.Values = append(b.Values, "large")
			add(b, usage.Item{Organization: "acme", UID: "two", Action: "transcription.finished", Time: noon.UnixNano()},
				usage.Effect{Kind: usage.Consume, Meter: 1, Value: 11 * usage.Micro, NumValues: 1})
		})
		now = now.Add(4 * time.Minute)
		c := collect(t, l, now)
		require.Equal(t, 1.0, figure(c, "acme", "usage_active_users", "window=month", "period=current"))
		require.Equal(t, 19.0, figure(c, "acme", "usage_consumption", "window=month", "period=current"))
		require.Equal(t, 8.0, figure(c, "acme", "usage_consumption_breakdown", "window=month", "period=current", "dimension_value=__none__"))
		require.Equal(t, 11.0, figure(c, "acme", "usage_consumption_breakdown", "window=month", "period=current", "dimension_value=large"))
		require.Equal(t, 7.0, figure(c, "acme", "usage_average_sum", "window=month", "period=current", "average=pace"))
		closeLedger(t, l)
	}
}

func TestLimitsRefuseForThatOrganizationAlone(t *testing.T) {
	s := settings(t, vfs.NewMem())
	s.Limits.UsersPerOrganization, s.Limits.Organizations = 2, 3
	l := open(t, s, noon)
	var b usage.Batch
	for _, user := range []string{"a", "b", "c", "a"} {
		visit(&b, "acme", user, noon)
	}
	visit(&b, "birch", "c", noon)
	visit(&b, "cedar", "c", noon)
	visit(&b, "dune", "c", noon)
	require.NoError(t, l.Record(context.Background(), noon, &b))
	c := collect(t, l, noon.Add(time.Minute))
	require.Equal(t, 2.0, figure(c, "acme", "usage_active_users", "window=day", "period=current"))
	require.Equal(t, 1.0, figure(c, "acme", "usage_items_total", "outcome=over_limit"))
	require.Equal(t, 1.0, figure(c, "acme", "usage_incomplete", "meter=learners"))
	require.Equal(t, 0.0, figure(c, "birch", "usage_incomplete", "meter=learners"))
	require.Equal(t, 1.0, figure(c, "birch", "usage_active_users", "window=day", "period=current"))
	closeLedger(t, l)
}
