// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// The meters: learners by country, of which a second definition is in force from
// the 10th on; minutes by user; and devices.
const (
	learners = iota
	minutes
	devices
)

func meters(t testing.TB) []usage.Meter {
	t.Helper()
	month, err := usage.ParseWindow("month")
	require.NoError(t, err)
	windows := []usage.Window{month}
	return []usage.Meter{
		{
			Name: "learners", Type: usage.ActiveUsers, Windows: windows, Classes: []string{""},
			Breakdowns: []usage.Breakdown{{Dimension: "country", Attribute: "country"}},
			Versions: []usage.Version{
				{Classes: []usage.Class{{Actions: []string{"seen"}}}},
				{EffectiveFrom: usage.Date{Year: 2026, Month: 1, Day: 10}, Classes: []usage.Class{{Actions: []string{"opened"}}}},
			},
		},
		{
			Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, ByUser: &usage.ByUser{Top: 1},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"finished"}}}}},
		},
		{
			Name: "devices", Type: usage.ActiveUsers, Windows: windows, Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"paired"}}}}},
		},
	}
}

// counted are keys of items that sums have counted.
type counted map[usage.UID]bool

func (c counted) Seen(key usage.UID) (bool, error) { return c[key], nil }
func (c counted) Prefetch(usage.UID)               {}

// notes is what the scribe was told.
type notes []string

func (n *notes) note(format string, args ...any)          { *n = append(*n, fmt.Sprintf(format, args...)) }
func (n *notes) NewUser(slot uint32, _ uint64, id string) { n.note("user %d %s", slot, id) }
func (n *notes) Returned(slot uint32, id string)          { n.note("returned %d %s", slot, id) }
func (n *notes) NewValue(m uint16, breakdown int, v string) {
	n.note("value %d %d %s", m, breakdown, v)
}
func (n *notes) NewKey(name string)                   { n.note("key %s", name) }
func (n *notes) Refuse(m uint16, reason usage.Reason) { n.note("refuse %d %s", m, reason) }
func (n *notes) Incomplete(m uint16)                  { n.note("incomplete %d", m) }
func (n *notes) taken() (all string)                  { all, *n = strings.Join(*n, ", "), nil; return all }

// court is a judge with one organization, acme.
type court struct {
	Judge
	acme  Subject
	notes notes
	seen  counted
	keys  Duplicates // seen, unless a test has others
}

func newCourt(t testing.TB) *court {
	t.Helper()
	d := meter.Definitions{Past: 35 * 24 * 60, ValuesPerDimension: 2, Meters: meters(t)}
	shared, err := organization.Share(d, maphash.MakeSeed())
	require.NoError(t, err)
	c := &court{seen: counted{}}
	c.keys = c.seen
	c.acme = Subject{Organization: organization.New("acme", shared, calendar.New(time.UTC, 1), noon.UnixNano()), Hashes: NewHashes(make([]byte, 16))}
	c.Judge = Judge{Rules: Rules{
		Meters: d.Meters, Past: int64(35 * day), Future: int64(5 * time.Minute),
		Limits:    Limits{Organizations: 5, UnknownOrganizations: 3, UsersPerOrganization: 3},
		Spellings: usage.Spellings{{Normalize: usage.Asis}, {From: noon.Add(-20 * day).Truncate(day).UnixNano(), Normalize: usage.Trim}},
	}}
	return c
}

// ahead begins a batch and looks ahead at all its items.
func (c *court) ahead(batch *usage.Batch) {
	c.Begin(batch)
	items := make([]int32, len(batch.Items))
	for i := range items {
		items[i] = int32(i)
	}
	c.LookAhead(items, noon.UnixNano(), c.keys, func(int32) *Subject { return &c.acme })
}

// earlier is when items were that name no time.
var earlier = noon.Add(-time.Hour)

// judge judges an item of acme that arrives at noon, and applies it.
func (c *court) judge(t testing.TB, it usage.Item, values []string, effects ...usage.Effect) *Verdict {
	t.Helper()
	it.Organization, it.NumEffects = "acme", int32(len(effects))
	if it.Time == 0 {
		it.Time = earlier.UnixNano()
	}
	batch := &usage.Batch{Items: []usage.Item{it}, Effects: effects, Values: values}
	c.ahead(batch)
	v, err := c.Judge.Judge(0, &c.acme, usage.ReasonNone, &c.notes)
	require.NoError(t, err)
	if v.Outcome == usage.Counted {
		c.acme.Apply(&v.Event)
		if v.Summed {
			c.seen[v.UID] = true
		}
	}
	return v
}

func TestEveryItemHasTheFirstOutcomeThatApplies(t *testing.T) {
	at := func(d time.Duration) int64 { return noon.Add(d).UnixNano() }
	opened := usage.Effect{Kind: usage.Active, Meter: learners, Version: 1, NumValues: 1}
	seen := usage.Effect{Kind: usage.Active, Meter: learners, Version: 0, NumValues: 1}
	paired := usage.Effect{Kind: usage.Active, Meter: devices}
	finished := usage.Effect{Kind: usage.Consume, Meter: minutes, Value: 7}
	registered := usage.Effect{Kind: usage.Lifecycle, Status: usage.Registered, Meter: usage.NoMeter}
	on := usage.Effect{Kind: usage.StandingOn, Meter: devices, Key: "facebook"}
	broken := usage.Effect{Kind: usage.Rejected, Meter: minutes, Reason: usage.ReasonBadValue}
	alias := func(from string) usage.Effect {
		return usage.Effect{Kind: usage.Alias, Meter: usage.NoMeter, Key: from}
	}
	effects := func(all ...usage.Effect) []usage.Effect { return all }
	c := newCourt(t)
	for i, of := range []struct {
		item    usage.Item
		value   string
		effects []usage.Effect
		outcome usage.Outcome
		reason  usage.Reason
		notes   string
	}{
		{item: usage.Item{User: "ann"}, outcome: usage.Unmatched},
		{item: usage.Item{User: "ann"}, effects: effects(seen), outcome: usage.Unmatched},
		{item: usage.Item{User: "ann", Time: at(-6 * day)}, effects: effects(opened), outcome: usage.Unmatched},
		{item: usage.Item{Outcome: usage.Invalid, Reason: usage.ReasonPlaceholder}, effects: effects(opened), outcome: usage.Invalid, reason: usage.ReasonPlaceholder},
		{item: usage.Item{Outcome: usage.Invalid, Reason: usage.ReasonPlaceholder}, effects: effects(seen), outcome: usage.Unmatched},
		{item: usage.Item{Outcome: usage.Invalid, Reason: usage.ReasonTimestampUnit, Time: 1}, effects: effects(opened), outcome: usage.Invalid, reason: usage.ReasonTimestampUnit},
		{item: usage.Item{Outcome: usage.Unauthorized, Reason: usage.ReasonOtherTenant}, outcome: usage.Unauthorized, reason: usage.ReasonOtherTenant},
		{item: usage.Item{User: "ann", Time: at(5*time.Minute + 1)}, effects: effects(opened), outcome: usage.Future},
		{item: usage.Item{User: "ann", Time: at(-35*day - 1)}, effects: effects(seen), outcome: usage.Late, reason: usage.ReasonLate},
		{item: usage.Item{}, value: "de", effects: effects(opened), outcome: usage.Invalid, reason: usage.ReasonNoUser},
		{item: usage.Item{}, effects: effects(broken), outcome: usage.Invalid, reason: usage.ReasonBadValue},

		{item: usage.Item{User: "ann"}, value: "de", effects: effects(opened), outcome: usage.Counted, notes: "user 0 ann, value 0 0 de"},
		{item: usage.Item{User: "ann"}, value: "de", effects: effects(opened, broken), outcome: usage.Counted, notes: "refuse 1 bad_value"},
		{item: usage.Item{UID: "1"}, effects: effects(finished), outcome: usage.Counted},
		{item: usage.Item{UID: "1", User: "bob"}, effects: effects(finished), outcome: usage.Duplicate, notes: "user 1 bob"},
		{item: usage.Item{UID: "1", User: "ann"}, effects: effects(finished, paired), outcome: usage.Duplicate},
		{item: usage.Item{User: "ann", Time: at(-400 * day)}, effects: effects(registered), outcome: usage.Counted},
		{item: usage.Item{User: "ann", Time: at(-400 * day)}, effects: effects(registered, paired), outcome: usage.Counted, notes: "refuse 2 late"},
		{item: usage.Item{User: "ann", Time: at(-400 * day)}, effects: effects(on), outcome: usage.Counted, notes: "key facebook"},
		{item: usage.Item{User: "ann"}, effects: effects(alias("old")), outcome: usage.Counted, notes: "user 2 old"},
		{item: usage.Item{User: "bob"}, effects: effects(alias("old")), outcome: usage.Invalid, reason: usage.ReasonSecondAlias},

		{item: usage.Item{User: "eve"}, effects: effects(paired), outcome: usage.OverLimit, reason: usage.ReasonUsers, notes: "incomplete 2"},
		{item: usage.Item{User: "eve"}, effects: effects(registered), outcome: usage.OverLimit, reason: usage.ReasonUsers},
		{item: usage.Item{User: "eve"}, effects: effects(alias("ann")), outcome: usage.OverLimit, reason: usage.ReasonUsers},
		{item: usage.Item{User: "ann"}, effects: effects(alias("eve")), outcome: usage.OverLimit, reason: usage.ReasonUsers},
		{item: usage.Item{User: "eve", UID: "2"}, effects: effects(finished), outcome: usage.Counted, notes: "refuse 1 users_per_organization"},
		{item: usage.Item{User: "eve", UID: "3"}, effects: effects(finished, paired), outcome: usage.Counted, notes: "refuse 1 users_per_organization, incomplete 2, refuse 2 users_per_organization"},
	} {
		v := c.judge(t, of.item, []string{of.value}, of.effects...)
		require.Equal(t, of.outcome, v.Outcome, "item %d", i)
		if v.Outcome != usage.Counted {
			require.Equal(t, of.reason, v.Reason, "item %d", i)
		}
		require.Equal(t, of.notes, c.notes.taken(), "item %d", i)
	}
}

func TestTheEventIsInNumbers(t *testing.T) {
	c := newCourt(t)
	opened := usage.Effect{Kind: usage.Active, Meter: learners, Version: 1, NumValues: 1}
	for _, of := range []struct {
		user, country string
		slot, number  uint32
	}{{"ann", "de", 0, 2}, {"bob", "fr", 1, 3}, {"ann", "it", 0, 1}, {"bob", "de", 1, 2}, {"ann", usage.NoValue, 0, 0}} {
		v := c.judge(t, usage.Item{User: of.user}, []string{of.country}, opened)
		require.Equal(t, meter.Event{Time: earlier.UnixNano(), User: of.slot, Effects: []meter.Effect{{Kind: usage.Active, Dims: []uint32{of.number}}}}, v.Event)
		require.Equal(t, []uint8{1}, v.Versions)
		require.False(t, v.Summed)
	}
}

// An item may name a user and, by an earlier spelling, who that was.
func TestAUserIsWhoTheyWereByAnEarlierSpelling(t *testing.T) {
	c := newCourt(t)
	paired := usage.Effect{Kind: usage.Active, Meter: devices}
	respelled := usage.Effect{Kind: usage.Respelled, Meter: usage.NoMeter, Key: " ann"}
	v := c.judge(t, usage.Item{User: "ann"}, nil, paired, respelled)
	require.Equal(t, []usage.EffectKind{usage.Respelled, usage.Active}, kinds(v))
	require.Equal(t, "user 0 ann, user 1  ann", c.notes.taken())
	require.Equal(t, []usage.EffectKind{usage.Active}, kinds(c.judge(t, usage.Item{User: "ann"}, nil, paired, respelled)), "they are one already")
	require.Equal(t, usage.Unmatched, c.judge(t, usage.Item{User: "ann"}, nil, respelled).Outcome, "a spelling is no action")

	c = newCourt(t) // 35 days after the change nobody new comes by the old spelling
	c.Rules.Spellings[1].From = earlier.Add(-35 * day).UnixNano()
	require.Equal(t, []usage.EffectKind{usage.Active}, kinds(c.judge(t, usage.Item{User: "ann"}, nil, paired, respelled)))
	require.Equal(t, "user 0 ann", c.notes.taken())
}

func kinds(v *Verdict) (all []usage.EffectKind) {
	for _, e := range v.Event.Effects {
		all = append(all, e.Kind)
	}
	return all
}

func TestAnItemOfAnErasedUserIsReported(t *testing.T) {
	c := newCourt(t)
	paired := usage.Effect{Kind: usage.Active, Meter: devices}
	c.judge(t, usage.Item{User: "ann"}, nil, paired)
	c.acme.SetNameless(0, true)
	c.notes.taken()
	require.Equal(t, usage.Counted, c.judge(t, usage.Item{User: "ann"}, nil, paired).Outcome)
	require.Equal(t, "returned 0 ann", c.notes.taken())
}

func TestAnOrganizationThatIsNotThere(t *testing.T) {
	c := newCourt(t)
	known, many, unlisted := Census{All: 4, Unlisted: 2}, Census{All: 5, Unlisted: 2}, Census{All: 4, Unlisted: 3}
	for i, of := range []struct {
		item    usage.Item
		listed  bool
		known   Census
		strict  bool
		makeOne bool
		reason  usage.Reason
		outcome usage.Outcome
	}{
		{item: usage.Item{}, known: known, outcome: usage.Unmatched},
		{item: usage.Item{Organization: usage.NoOrganization}, known: known, outcome: usage.Unmatched},
		{item: usage.Item{Organization: "birch"}, known: known, makeOne: true},
		{item: usage.Item{Organization: "birch"}, known: known, strict: true, reason: usage.ReasonUnknown, outcome: usage.Invalid},
		{item: usage.Item{Organization: "birch"}, known: known, strict: true, listed: true, makeOne: true},
		{item: usage.Item{Organization: "a\tb"}, known: known, reason: usage.ReasonBadOrganization, outcome: usage.Invalid},
		{item: usage.Item{Organization: strings.Repeat("b", maxID+1)}, known: known, reason: usage.ReasonBadOrganization, outcome: usage.Invalid},
		{item: usage.Item{Organization: "birch"}, known: many, reason: usage.ReasonOrganizations, outcome: usage.OverLimit},
		{item: usage.Item{Organization: "birch"}, known: many, listed: true, makeOne: true},
		{item: usage.Item{Organization: "birch"}, known: unlisted, reason: usage.ReasonUnlisted, outcome: usage.OverLimit},
		{item: usage.Item{Organization: "birch", Outcome: usage.Invalid}, known: unlisted, outcome: usage.Invalid},
	} {
		c.Rules.RejectUnknown = of.strict
		makeOne, reason := c.Rules.Place(&of.item, of.listed, of.known)
		require.Equal(t, of.makeOne, makeOne, "item %d", i)
		require.Equal(t, of.reason, reason, "item %d", i)
		if !makeOne {
			c.ahead(&usage.Batch{Items: []usage.Item{of.item}})
			v, err := c.Judge.Judge(0, &c.acme, reason, &c.notes)
			require.NoError(t, err)
			require.Equal(t, of.outcome, v.Outcome, "item %d", i)
			require.Equal(t, of.reason, v.Reason, "item %d", i)
		}
	}
}

// Keys of uids, contents and former contents never meet, nor do those of two
// organizations.
func TestKeysOfItemsAreApart(t *testing.T) {
	one, other := NewHashes([]byte("0123456789abcdef")), NewHashes([]byte("0123456789abcdeF"))
	it := usage.Item{Content: usage.UID{1, 2}, Former: usage.UID{1, 2}}
	former, had := one.Former(&it)
	require.True(t, had)
	_, had = one.Former(&usage.Item{UID: "1"})
	require.False(t, had)
	keys := []usage.UID{one.Item(&it), former, one.Item(&usage.Item{UID: "x"}), other.Item(&it), other.Item(&usage.Item{UID: "x"})}
	for i := range keys {
		require.Equal(t, i, slices.Index(keys, keys[i]))
	}
	require.NotEqual(t, one.User("ann"), other.User("ann"))
}

// broken cannot say whether a key was counted.
type broken struct{ counted }

var errBroken = errors.New("disk")

func (broken) Seen(usage.UID) (bool, error) { return false, errBroken }

func TestWhatCannotBeLookedUpIsNotJudged(t *testing.T) {
	c := newCourt(t)
	c.keys = broken{}
	batch := &usage.Batch{Items: []usage.Item{{Time: noon.UnixNano(), NumEffects: 1}}, Effects: []usage.Effect{{Kind: usage.Consume, Meter: minutes}}}
	c.ahead(batch)
	_, err := c.Judge.Judge(0, &c.acme, usage.ReasonNone, &c.notes)
	require.ErrorIs(t, err, errBroken)
}

func TestJudgingAllocatesNothing(t *testing.T) {
	c := newCourt(t)
	batch := &usage.Batch{Values: []string{"de", "fr", "it"}, Effects: []usage.Effect{
		{Kind: usage.Active, Meter: learners, Version: 1, NumValues: 1},
		{Kind: usage.Consume, Meter: minutes, Value: 7},
		{Kind: usage.Active, Meter: devices},
	}}
	for i := range int32(3) {
		batch.Items = append(batch.Items, usage.Item{Organization: "acme", User: "ann", UID: "7", Time: noon.UnixNano(), FirstEffect: i, NumEffects: 1})
	}
	find, items := func(int32) *Subject { return &c.acme }, []int32{0, 1, 2}
	judge := func() {
		c.Begin(batch)
		c.LookAhead(items, noon.UnixNano(), c.keys, find)
		for i := range batch.Items {
			if v, err := c.Judge.Judge(i, &c.acme, usage.ReasonNone, &c.notes); err != nil || v.Outcome != usage.Counted {
				t.Fatal(v, err)
			}
		}
	}
	judge()
	require.Zero(t, testing.AllocsPerRun(10, judge))
}
