// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

var midnight = time.Date(2026, 5, 21, 0, 0, 0, 0, time.UTC) // the first after noon

func ns(t time.Time) int64 { return t.UnixNano() }

func TestAChangedSpellingBeginsWithTheNextDayThatNothingIsTakenInOf(t *testing.T) {
	begun := usage.Spellings{{Normalize: usage.Trim}}
	folds := usage.Spellings{{Normalize: usage.Trim}, {From: ns(midnight), Normalize: usage.Fold}}
	next := midnight.AddDate(0, 0, 1)
	for name, test := range map[string]struct {
		old        usage.Spellings
		configured string
		fresh      bool
		now        time.Time
		want       usage.Spellings
	}{
		"a new ledger trims":                 {nil, "", true, noon, begun},
		"a new ledger does what it is told":  {nil, "none", true, noon, usage.Spellings{{Normalize: usage.Asis}}},
		"an old one keeps its way":           {nil, "", false, noon, usage.Spellings{{Normalize: usage.Format3}, {From: ns(midnight), Normalize: usage.Asis}}},
		"until it is told":                   {nil, "trim", false, noon, usage.Spellings{{Normalize: usage.Format3}, {From: ns(midnight), Normalize: usage.Trim}}},
		"told nothing, it stays":             {folds, "", false, noon.AddDate(1, 0, 0), folds},
		"told the same, it stays":            {folds, "fold", false, noon.AddDate(1, 0, 0), folds},
		"told before the day, all the same":  {folds, "fold", false, noon, folds},
		"a change":                           {begun, "fold", false, noon, folds},
		"of the last minute":                 {begun, "fold", false, midnight, usage.Spellings{{Normalize: usage.Trim}, {From: ns(next), Normalize: usage.Fold}}},
		"taken back before its day":          {folds, "trim", false, noon, begun},
		"another one before its day":         {folds, "none", false, noon, usage.Spellings{{Normalize: usage.Trim}, {From: ns(midnight), Normalize: usage.Asis}}},
		"another one on its day":             {folds, "none", false, midnight, append(folds[:2:2], usage.Spelling{From: ns(next), Normalize: usage.Asis})},
		"back again, long after":             {folds, "trim", false, midnight, append(folds[:2:2], usage.Spelling{From: ns(next), Normalize: usage.Trim})},
		"a start that was cut short is none": {folds, "", true, noon, begun},
	} {
		t.Run(name, func(t *testing.T) {
			var configured usage.Spellings
			if test.configured != "" {
				n, err := usage.ParseNormalization(test.configured)
				require.NoError(t, err)
				configured = usage.Spellings{{Normalize: n}}
			}
			require.Equal(t, test.want, versions.MergeSpellings(test.old, configured, test.fresh, ns(test.now)))
		})
	}
}

// people is a ledger that is told of people by OTLP, on a disk whose power can
// be cut.
type people struct {
	t  *testing.T
	fs *vfs.MemFS
	s  book.Settings
	l  *Ledger
	x  *extract.Extractor
}

func newPeople(t *testing.T) *people {
	t.Helper()
	p := &people{t: t, fs: vfs.NewCrashableMem()}
	p.s = settings(t, p.fs)
	p.s.Extraction.Organization, p.s.Extraction.User = []string{"organization.id"}, []string{"user.id"}
	p.s.Extraction.Placeholders = identity.DefaultPlaceholders()
	return p
}

func (p *people) open(now time.Time, normalize ...usage.Normalization) {
	p.t.Helper()
	p.s.Extraction.Spellings = nil
	for _, n := range normalize {
		p.s.Extraction.Spellings = usage.Spellings{{Normalize: n}}
	}
	p.l = open(p.t, p.s, now)
	var err error
	p.x, err = extract.New(p.l.Extraction())
	require.NoError(p.t, err)
}

// crash cuts the power.
func (p *people) crash() {
	p.t.Helper()
	p.fs = p.fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(p.t, p.l)
	p.s.FS = p.fs
}

// forget makes the directory one of format 3.
func (p *people) forget() {
	p.t.Helper()
	db, err := pebble.Open("ledger", &pebble.Options{FS: p.fs, Merger: book.FirstsMerger, FormatMajorVersion: pebble.FormatNewest})
	require.NoError(p.t, err)
	require.NoError(p.t, db.Delete(rowkey.MetaSpellings, pebble.Sync))
	require.NoError(p.t, db.Close())
}

// visits are of users of acme, at one time, in one request.
func (p *people) visits(now, at time.Time, users ...any) {
	p.t.Helper()
	ld := plog.NewLogs()
	scope := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	for _, user := range users {
		lr := scope.LogRecords().AppendEmpty()
		lr.SetEventName("course.accessed")
		lr.SetTimestamp(pcommon.NewTimestampFromTime(at))
		require.NoError(p.t, lr.Attributes().FromRaw(map[string]any{"organization.id": "acme", "user.id": user}))
	}
	var b usage.Batch
	p.x.Logs(ld, "", &b)
	require.NoError(p.t, p.l.Record(context.Background(), now, &b))
}

// month is how many users of acme were active in the month by now.
func (p *people) month(now time.Time) float64 {
	p.t.Helper()
	return figure(collect(p.t, p.l, now), "acme", "usage_active_users", "window=month", "period=current")
}

func TestAnUpgradeCountsNobodyTwice(t *testing.T) {
	p := newPeople(t)
	// As a ledger of format 3 did: every spelling is somebody.
	p.open(noon, usage.Asis)
	p.visits(noon, noon, "L04", "L04 ", "ann\u200b", "3e+09")
	require.Equal(t, 4.0, p.month(noon))
	closeLedger(t, p.l)
	p.forget()

	// The new program, not told how to spell, goes on so; but for numbers.
	p.open(noon.Add(time.Hour))
	p.visits(noon.Add(time.Hour), noon.Add(time.Hour), "L04 ", "ann\u200b", 3e9)
	require.Equal(t, 4.0, p.month(noon.Add(time.Hour)))
	p.crash()
	day2 := noon.AddDate(0, 0, 1)
	p.open(day2)
	p.visits(day2, day2, 3e9, int64(3e9), "L04 ", "bob ")
	require.Equal(t, 5.0, p.month(day2), "the number is who it was")

	// Told to trim, it does from the next day on.
	closeLedger(t, p.l)
	day2 = day2.Add(time.Hour)
	p.open(day2, usage.Trim)
	p.visits(day2, day2, "L04 ", "L04", "cas", "cas ")
	require.Equal(t, 7.0, p.month(day2))
	p.crash()
	p.open(day2.Add(time.Minute), usage.Trim)
	day3 := day2.AddDate(0, 0, 1)
	p.visits(day3, day3, "L04 ")
	require.Equal(t, 6.0, p.month(day3), "L04 is one person now, the whole month")
	day3 = day3.Add(time.Hour)
	p.visits(day3, day3, "\u200bL04", "ann\u200b", "bob", "bob ", "cas ", "dan ", "dan")
	require.Equal(t, 6.0, p.month(day3), "3000000000, L04, ann, bob, cas, dan")
	p.crash()
	p.open(day3.Add(time.Hour), usage.Trim)
	require.Equal(t, 6.0, p.month(day3.Add(time.Hour)))

	// What is from before the change and comes late is who it was.
	p.visits(day3.Add(time.Hour), day2, "dan ", "ann\u200b", "L04 ", "eve ")
	p.visits(day3.Add(time.Hour), day3, "eve ")
	require.Equal(t, 7.0, p.month(day3.Add(2*time.Hour)))
	closeLedger(t, p.l)
	p.open(day3.Add(3*time.Hour), usage.Trim)
	require.Equal(t, 7.0, p.month(day3.Add(3*time.Hour)))
	closeLedger(t, p.l)
}

func TestWhoComesBackLongAfterAChangeIsKnown(t *testing.T) {
	p := newPeople(t)
	p.open(noon, usage.Asis)
	p.visits(noon, noon, "Ann", "bob")
	closeLedger(t, p.l)
	p.open(noon, usage.Fold)
	later := noon.AddDate(0, 3, 0)
	require.Zero(t, p.month(later.Add(-time.Minute)))
	p.visits(later, later, "Ann", "Bob", "Cas")
	require.Equal(t, 3.0, p.month(later))
	require.Equal(t, 4, p.l.book.Find("acme").Users(), "Ann, bob, ann, cas: no Bob and no Cas, of whom nothing can come any more")
	closeLedger(t, p.l)
}

func TestTheOrderAroundAChangeDoesNotMatter(t *testing.T) {
	after := midnight.Add(time.Hour)
	for _, afterFirst := range []bool{false, true} {
		p := newPeople(t)
		p.open(noon, usage.Trim)
		closeLedger(t, p.l)
		p.open(noon, usage.Fold)
		if afterFirst {
			p.visits(after, after, "Ann", "ann", "Bob")
			p.visits(after, noon, "Ann", "ANN", "Bob")
		} else {
			p.visits(after, noon, "Ann", "ANN", "Bob")
			p.visits(after, after, "Ann", "ann", "Bob")
		}
		require.Equal(t, 3.0, p.month(after), "Ann, Bob, and ANN of whom nobody has said since that she is ann")
		closeLedger(t, p.l)
	}
}

func TestIDsThatAreToldApartAgainAreAnewWhoTheyAre(t *testing.T) {
	p := newPeople(t)
	p.open(noon, usage.Fold)
	p.visits(noon, noon, "Ann", "ann")
	closeLedger(t, p.l)
	p.open(noon, usage.Trim)
	after := midnight.Add(time.Hour)
	p.visits(after, after, "Ann", "cas")
	p.visits(after, after, "ann", "Cas")
	require.Equal(t, 4.0, p.month(after), "ann, Ann, cas, Cas")
	closeLedger(t, p.l)
}

func TestAnOrganizationIsAskedForInAnySpelling(t *testing.T) {
	p := newPeople(t)
	p.open(noon)
	p.visits(noon, noon, "ann")
	s, found := p.l.Status(" acme\u200b")
	require.True(t, found)
	require.Equal(t, "acme", s.ID)
	_, err := p.l.Statements(context.Background(), StatementQuery{Organization: "acme "})
	require.NoError(t, err)
	require.Equal(t, p.l.Pseudonym("acme", "ann"), p.l.Pseudonym("acme ", "ann"))
	_, found = p.l.Status("ACME")
	require.False(t, found)
	closeLedger(t, p.l)
}

func TestTheCatalogueIsHeldToTheSpellingOfTheLedger(t *testing.T) {
	read := func(text string) *catalogue.Catalogue {
		c, err := catalogue.Parse([]byte("organizations: [" + text + "]"))
		require.NoError(t, err)
		return c
	}
	p := newPeople(t)
	two := read("{id: acme}, {id: 'acme '}")
	p.s.Catalogue = two
	_, err := Open(p.s, noon)
	require.ErrorContains(t, err, `organizations[1].id "acme ": one id with "acme" in line 1`)
	p.s.Catalogue = read("{id: 'acme ', timezone: Europe/Berlin}")
	p.open(noon)
	p.visits(noon, noon, "ann")
	require.Equal(t, []string{"acme"}, p.l.IDs())
	require.ErrorContains(t, p.l.SetCatalogue(context.Background(), two, noon), "one id")
	require.ErrorContains(t, p.l.SetCatalogue(context.Background(), read("{id: guest}"), noon), "identity::placeholders")
	require.NoError(t, p.l.SetCatalogue(context.Background(), read("{id: acme}, {id: \"birch\\u200b\"}"), noon))
	require.Equal(t, []string{"acme", "birch"}, p.l.IDs())
	closeLedger(t, p.l)
}

func TestOrganizationsThatAreSpelledOtherwiseAreWarnedOf(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	p := newPeople(t)
	p.s.Logger = zap.New(core)
	p.open(noon, usage.Asis)
	require.Len(t, logged.FilterMessageSnippet("began with").All(), 1)
	var b usage.Batch
	visit(&b, "acme ", "ann", noon)
	visit(&b, "birch", "ann", noon)
	require.NoError(t, p.l.Record(context.Background(), noon, &b))
	closeLedger(t, p.l)
	p.open(noon, usage.Trim)
	warned := logged.FilterMessageSnippet("begin anew under the new id").All()
	require.Len(t, warned, 1)
	require.Equal(t, []any{"acme "}, warned[0].ContextMap()["ids"])
	require.Equal(t, midnight, warned[0].ContextMap()["from"])
	closeLedger(t, p.l)
}

func TestAnAliasThatIsRefusedJoinsNobodyByAnEarlierSpelling(t *testing.T) {
	l := open(t, settings(t, vfs.NewMem()), noon)
	defer closeLedger(t, l)
	var before usage.Batch
	visit(&before, "acme", "a ", noon.Add(-time.Hour))
	require.NoError(t, l.Record(context.Background(), noon, &before))
	for _, user := range []string{"ann", "bob"} { // "a" is ann, and cannot be bob
		var b usage.Batch
		add(&b, usage.Item{Organization: "acme", User: user, Action: "course.accessed", Time: noon.Add(-time.Hour).UnixNano()},
			usage.Effect{Kind: usage.Alias, Meter: usage.NoMeter, Key: "a"}, usage.Effect{Kind: usage.Respelled, Meter: usage.NoMeter, Key: "a "},
			usage.Effect{Kind: usage.Active, Meter: 0})
		require.NoError(t, l.Record(context.Background(), noon, &b))
	}
	require.Equal(t, 2.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_active_users", "window=month", "period=current"))
}
