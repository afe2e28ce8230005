// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package moving_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/api"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/moving"
	"github.com/otelcol-usage/otelcol-usage/internal/peers"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/transfer"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

const meters = `
meters:
  learners: {type: active_users, actions: [course.accessed], windows: [day]}
  minutes: {type: consumption, actions: [transcription.finished], value: minutes, windows: [day], breakdowns: {language: {attribute: language}}}
`

// node is a shard with its API.
type node struct {
	moving.Shard
	ledger    *ledger.Ledger
	text      string // of the map
	followed  int
	collected int // minutes
	peers     *peers.Peers
	server    *httptest.Server
}

func newNode(t *testing.T, name, meters string) *node {
	t.Helper()
	section := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(meters), &section))
	d, err := definition.FromMap(section)
	require.NoError(t, err)
	x, err := d.Extraction()
	require.NoError(t, err)
	s := d.Settings(x)
	s.Directory, s.FS = "ledger", vfs.NewMem()
	n := &node{peers: &peers.Peers{Logger: zap.NewNop()}, text: pinned(1, "a")}
	n.ledger, err = ledger.Open(s, noon)
	require.NoError(t, err)
	n.Shard = moving.Shard{
		Name:   name,
		Ledger: func() (*ledger.Ledger, error) { return n.ledger, nil },
		Map: func() *shard.Map {
			m, err := shard.Parse("shards.yaml", []byte(n.text))
			require.NoError(t, err)
			return m
		},
		Follow: func(context.Context, time.Time) error { n.followed++; return nil },
		Peers:  func() *peers.Peers { return n.peers },
		Now:    func() time.Time { return noon },
	}
	a := &api.API{
		Open:      func() (api.Book, error) { return n.ledger, nil },
		Catalogue: func() api.Catalogue { return api.Catalogue{} },
		Collector: func() api.Collector { return api.Collector{} },
		Logger:    zap.NewNop(), Now: time.Now, Moving: &n.Shard,
	}
	n.server = httptest.NewServer(a.Handler())
	t.Cleanup(func() {
		n.peers.Close()
		n.server.Close()
		require.NoError(t, n.ledger.Close(context.Background()))
	})
	return n
}

func (n *node) knows(t *testing.T, name string, other *node) {
	t.Helper()
	at, err := url.Parse(other.server.URL)
	require.NoError(t, err)
	n.peers.All = append(n.peers.All, peers.Peer{Name: name, URL: at, Client: other.server.Client(), Within: time.Minute})
}

func pinned(version int, to string) string {
	return fmt.Sprintf("version: %d\nshards: [{name: a, topic: a, virtual: 00-7f}, {name: b, topic: b, virtual: 80-ff}]\npins: {acme: %s}\n", version, to)
}

// pair are two shards that know each other; a has acme, by its map and in its ledger.
func pair(t *testing.T, metersOfB string) (a, b *node) {
	t.Helper()
	a, b = newNode(t, "a", meters), newNode(t, "b", metersOfB)
	a.knows(t, "b", b)
	b.knows(t, "a", a)
	require.NoError(t, a.ledger.Record(t.Context(), noon, sent("acme", "ann")))
	return a, b
}

// sent is minutes of a user in a language under a uid, and a visit.
func sent(id, user string) *usage.Batch {
	return &usage.Batch{
		Items: []usage.Item{
			{Organization: id, UID: "of " + user, Action: "transcription.finished", Time: noon.UnixNano(), NumEffects: 1},
			{Organization: id, User: user, Action: "course.accessed", Time: noon.UnixNano(), FirstEffect: 1, NumEffects: 1},
		},
		Effects: []usage.Effect{{Kind: usage.Consume, Meter: 1, Value: 5 * usage.Micro, NumValues: 1}, {Kind: usage.Active, Meter: 0}},
		Values:  []string{"lang of " + user},
	}
}

func mixed(batches ...*usage.Batch) *usage.Batch {
	all := &usage.Batch{}
	for _, b := range batches {
		for _, it := range b.Items {
			it.FirstEffect += int32(len(all.Effects))
			all.Items = append(all.Items, it)
		}
		for _, e := range b.Effects {
			e.FirstValue += int32(len(all.Values))
			all.Effects = append(all.Effects, e)
		}
		all.Values = append(all.Values, b.Values...)
	}
	return all
}

// arrives is what the extension does with what arrives.
func (n *node) arrives(t *testing.T, batch *usage.Batch) error {
	t.Helper()
	return n.Record(t.Context(), n.ledger.Away(), batch, func(own *usage.Batch) error { return n.ledger.Record(t.Context(), noon, own) })
}

// minutes are those of an organization that are counted so far.
func (n *node) minutes(t *testing.T, id string) (value float64) {
	t.Helper()
	n.collected++
	c, err := n.ledger.Collect(t.Context(), noon.Add(time.Duration(n.collected)*time.Minute))
	require.NoError(t, err)
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			if o.Organization == id && f.Series.Name == "usage_consumption_total" && len(f.Series.Labels) < 4 {
				value = max(value, f.Value)
			}
		}
	}
	return value
}

// TestWhatStillComesToTheSourceIsCountedByTheTarget moves acme, and sends items of it
// and of others to the shard that it has left.
func TestWhatStillComesToTheSourceIsCountedByTheTarget(t *testing.T) {
	a, b := pair(t, meters)
	c, err := b.CopyIn(t.Context(), "acme", "a")
	require.NoError(t, err)
	require.NotZero(t, c.Figures)
	require.ErrorIs(t, a.arrives(t, mixed(sent("acme", "bob"), sent("other", "bob"))), usage.ErrUnavailable)

	err = a.LetGo(t.Context(), "acme", c.Token, "b")
	require.ErrorIs(t, err, transfer.Err)
	require.ErrorContains(t, err, `of shard "a" gives it to "a": pin it to "b"`)
	a.text = pinned(2, "b")
	err = a.LetGo(t.Context(), "acme", c.Token, "b")
	require.ErrorIs(t, err, transfer.Err)
	require.ErrorContains(t, err, `of shard "b" gives it to "a": give all shards and gateways the same map`)
	b.text = a.text
	require.ErrorContains(t, a.LetGo(t.Context(), "acme", "another", "b"), `has no copy of this attempt`)
	require.NoError(t, a.LetGo(t.Context(), "acme", c.Token, "b"))

	late := mixed(sent("other", "ann"), sent("acme", "bob"), sent("acme", "ann"))
	require.ErrorIs(t, a.arrives(t, late), usage.ErrUnavailable, "the target has not taken it in")
	b.text = pinned(3, "a")
	err = b.Discard(t.Context(), "acme")
	require.ErrorIs(t, err, transfer.Err)
	require.ErrorContains(t, err, "this copy is all that there is")
	require.ErrorContains(t, b.TakeIn(t.Context(), "acme", c.Token), `gives it to "a": pin it to "b"`)
	b.text = a.text
	require.NoError(t, b.TakeIn(t.Context(), "acme", c.Token))
	require.NotZero(t, b.followed, "its terms are in force before it is")

	require.NoError(t, a.arrives(t, late))
	var became []usage.Outcome
	for _, it := range late.Items {
		became = append(became, it.Became)
	}
	require.Equal(t, []usage.Outcome{usage.Counted, usage.Counted, usage.Counted, usage.Counted, usage.Duplicate}, became[:5], "in the order in which they came")
	require.InDelta(t, 10, b.minutes(t, "acme"), 0)
	require.InDelta(t, 5, a.minutes(t, "other"), 0)
	require.Zero(t, a.minutes(t, "acme"))
	require.Zero(t, b.minutes(t, "other"))

	var many []*usage.Batch
	for i := range 1500 { // more than are handed over at once
		many = append(many, sent("acme", fmt.Sprint("user ", i)))
	}
	require.NoError(t, a.arrives(t, mixed(many...)))
	require.InDelta(t, 10+1500*5, b.minutes(t, "acme"), 0)

	b.server.Close()
	err = a.arrives(t, sent("acme", "eve"))
	require.ErrorIs(t, err, usage.ErrUnavailable)
	require.ErrorContains(t, err, `organization "acme" has moved to shard "b", which has not counted what came here`)
	require.NoError(t, a.arrives(t, sent("other", "eve")))
}

func TestAMoveIsTakenBack(t *testing.T) {
	a, b := pair(t, meters)
	c, err := b.CopyIn(t.Context(), "acme", "a")
	require.NoError(t, err)
	a.text, b.text = pinned(2, "b"), pinned(2, "b")
	require.ErrorContains(t, b.Discard(t.Context(), "acme"), `gives it to "b": pin it to "a"`)
	require.ErrorContains(t, a.Release(t.Context(), "acme"), `gives it to "b": pin it to "a"`)
	a.text, b.text = pinned(3, "a"), pinned(3, "a")
	require.NoError(t, b.Discard(t.Context(), "acme"))
	require.ErrorIs(t, b.arrives(t, sent("acme", "bob")), usage.ErrUnavailable, "what came by the other map waits")
	require.NoError(t, a.Release(t.Context(), "acme"))
	require.NoError(t, b.arrives(t, sent("acme", "bob")))
	require.InDelta(t, 10, a.minutes(t, "acme"), 0)
	require.ErrorIs(t, b.TakeIn(t.Context(), "acme", c.Token), transfer.Err)
	is, err := b.State("acme")
	require.NoError(t, err)
	require.False(t, is.Here)
}

// Whoever begins a move has each mistake named, and nothing is held for it.
func TestAMoveThatCannotBeSaysWhy(t *testing.T) {
	a, b := pair(t, meters)
	for _, test := range []struct {
		change func()
		says   string
	}{
		{func() { b.peers.All = nil }, `shard "b" knows no shard "a": name it among its api::peers`},
		{func() { b.peers = &peers.Peers{Logger: zap.NewNop()}; b.knows(t, "a", b) }, "not in the catalogue, and no event of it was seen"},
	} {
		test.change()
		_, err := b.CopyIn(t.Context(), "acme", "a")
		require.ErrorContains(t, err, test.says)
		require.Empty(t, a.ledger.Away())
	}
	b.peers = &peers.Peers{Logger: zap.NewNop()}
	b.knows(t, "a", a)
	_, err := b.CopyIn(t.Context(), "nobody", "a")
	require.ErrorContains(t, err, "not in the catalogue, and no event of it was seen")
	_, err = a.Do(t.Context(), "acme", &moving.Request{Step: "jump"})
	require.ErrorIs(t, err, moving.ErrStep)
	alone := moving.Shard{}
	_, err = alone.State("acme")
	require.ErrorContains(t, err, "name it by usage_ledger::shard::name")

	_, other := pair(t, "meters: {minutes: {type: consumption, actions: [transcription.finished], value: minutes, windows: [day]}}")
	_, err = other.CopyIn(t.Context(), "acme", "a")
	require.ErrorIs(t, err, transfer.Err)
	require.ErrorContains(t, err, "the shards have different meters")

	// Items that another shard's meters made are not counted by these.
	_, err = a.Count(t.Context(), "acme", &moving.Request{Meters: "others"})
	require.ErrorContains(t, err, "the shards have different meters")
}

// A copy takes as long as it takes, and one that breaks off is no copy.
func TestACopyThatBreaksOffIsNone(t *testing.T) {
	a, b := pair(t, meters)
	broken := errors.New("broken")
	require.ErrorIs(t, a.CopyOut(t.Context(), "acme", writer(func([]byte) (int, error) { return 0, broken })), broken)
	is, err := a.State("acme")
	require.NoError(t, err)
	require.Equal(t, []any{"held", false}, []any{is.State, is.Copied})
	require.NoError(t, a.CopyOut(t.Context(), "acme", io.Discard))
	is, err = a.State("acme")
	require.NoError(t, err)
	require.True(t, is.Copied)
	a.text, b.text = pinned(2, "b"), pinned(2, "b")
	require.ErrorContains(t, a.LetGo(t.Context(), "acme", is.Token, "b"), "has no copy of this attempt", "nobody has read it")
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
