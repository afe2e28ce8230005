// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

// listed has acme with a zone, terms and a threshold that its use passes.
const listed = `
organizations:
  - {id: acme, timezone: Europe/Berlin, anchor_day: 3, currency: EUR, plan: {type: traditional, subscription: "500"}, quotas: {minutes: {limit: 12, window: month, flex_price: "0.5", thresholds: [0.5, 1]}}}
`

func settings(t testing.TB, fs vfs.FS, organizations string) ledger.Settings {
	t.Helper()
	section := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(`
grace: 1h
limits: {users_per_organization: 1000000}
meters:
  learners: {type: active_users, actions: [course.accessed], windows: [day, 30d, month]}
  minutes: {type: consumption, actions: [transcription.finished], value: minutes, windows: [hour, day, month]}
`), &section))
	d, err := definition.FromMap(section)
	require.NoError(t, err)
	x, err := d.Extraction()
	require.NoError(t, err)
	s := d.Settings(x)
	s.Directory, s.FS = "ledger", fs
	if organizations != "" {
		s.Catalogue, err = catalogue.ParseAs("organizations.yaml", []byte(organizations), x.Meters)
		require.NoError(t, err)
	}
	return s
}

// side is a ledger whose power can be cut.
type side struct {
	*ledger.Ledger
	fs       *vfs.MemFS
	settings ledger.Settings
}

func opened(t *testing.T, organizations string) *side {
	t.Helper()
	fs := vfs.NewCrashableMem()
	s := &side{fs: fs, settings: settings(t, fs, organizations)}
	s.open(t, noon)
	return s
}

func (s *side) open(t *testing.T, now time.Time) {
	t.Helper()
	l, err := ledger.Open(s.settings, now)
	require.NoError(t, err)
	s.Ledger = l
}

// cut cuts the power and opens the ledger again.
func (s *side) cut(t *testing.T, now time.Time) {
	t.Helper()
	after := s.fs.CrashClone(vfs.CrashCloneCfg{})
	require.NoError(t, s.Close(t.Context()))
	s.fs, s.settings.FS = after, after
	s.open(t, now)
}

// follow puts another catalogue in force, also after a start.
func (s *side) follow(t *testing.T, organizations string, now time.Time) {
	t.Helper()
	s.settings.Catalogue = settings(t, s.fs, organizations).Catalogue
	require.NoError(t, s.SetCatalogue(t.Context(), s.settings.Catalogue, now))
}

// figures are those of acme, as text.
func figures(t *testing.T, l *ledger.Ledger, now time.Time) (lines []string) {
	t.Helper()
	c, err := l.Collect(context.Background(), now)
	require.NoError(t, err)
	for _, o := range c.Organizations {
		if o.Organization == "acme" {
			for _, f := range o.Figures {
				lines = append(lines, fmt.Sprint(f.Series.Name, f.Series.Labels, f.Value))
			}
		}
	}
	return lines
}

// sent is an activity of a user and five minutes under a uid.
func sent(id, user string, at time.Time) *usage.Batch {
	return &usage.Batch{
		Items: []usage.Item{
			{Organization: id, User: user, Action: "course.accessed", Time: at.UnixNano(), NumEffects: 1},
			{Organization: id, UID: "of " + user, Action: "transcription.finished", Time: at.UnixNano(), FirstEffect: 1, NumEffects: 1},
		},
		Effects: []usage.Effect{{Kind: usage.Active, Meter: 0}, {Kind: usage.Consume, Meter: 1, Value: 5 * usage.Micro}},
	}
}

// copied copies acme, and requires that meanwhile others are counted and it is not.
func copied(t *testing.T, from, to *side, at time.Time) (token string) {
	t.Helper()
	var stream bytes.Buffer
	require.NoError(t, CopyOut(t.Context(), from.Ledger, "acme", at, &stream))
	r, total, err := CopyIn(t.Context(), to.Ledger, "a", at, &stream)
	require.NoError(t, err)
	require.NotZero(t, total.Figures)
	nowhere(t, at, from, to)
	return r.Token
}

func nowhere(t *testing.T, at time.Time, sides ...*side) {
	t.Helper()
	for _, s := range sides {
		require.ErrorIs(t, s.Record(t.Context(), at, sent("acme", "dan", at)), usage.ErrUnavailable)
		require.NoError(t, s.Record(t.Context(), at, sent("other", "dan", at)))
	}
}

// Both ledgers and one that keeps the organization get the same; each step is followed by
// a cut of the power of both.
func TestAnOrganizationMovesBetweenOpenLedgers(t *testing.T) {
	for _, organizations := range []string{"", listed} {
		from, to, whole := opened(t, organizations), opened(t, ""), opened(t, organizations)
		for _, s := range []*side{from, whole} {
			for i, user := range []string{"ann", "bob", "cid"} {
				at := noon.Add(time.Duration(i) * time.Millisecond)
				require.NoError(t, s.Record(t.Context(), at, sent("acme", user, at)))
			}
		}
		at := noon.Add(time.Second)
		cutBoth := func() { from.cut(t, at); to.cut(t, at) }

		token := copied(t, from, to, at)
		cutBoth()
		require.ErrorIs(t, LetGo(from.Ledger, "acme", token, "b", at), Err, "it has come to life since")
		nowhere(t, at, from, to)
		require.NoError(t, Discard(to.Ledger, "acme", at))
		require.NoError(t, Release(from.Ledger, "acme", at))
		cutBoth()
		require.Empty(t, from.Away())
		require.Equal(t, "a", to.Away()["acme"].Shard, "what still comes is for the source")
		for _, s := range []*side{from, whole} {
			require.NoError(t, s.Record(t.Context(), at, sent("acme", "eve", at)))
		}

		token = copied(t, from, to, at)
		require.NoError(t, to.Checkpoint())
		to.cut(t, at) // the copy is on disk
		is, err := Copied(from.Ledger, "acme", token)
		require.NoError(t, err)
		require.True(t, is)
		from.follow(t, "organizations: [{id: zebra}]", at) // the map says that it is not the source's
		require.NoError(t, LetGo(from.Ledger, "acme", token, "b", at))
		cutBoth()
		require.Equal(t, part.Gone, from.Away()["acme"].State)
		require.Equal(t, "b", from.Away()["acme"].Shard)
		require.NoError(t, LetGo(from.Ledger, "acme", token, "b", at), "again")
		nowhere(t, at, from, to)
		require.ErrorIs(t, TakeIn(to.Ledger, "acme", "another", at), Err)
		if organizations != "" {
			to.follow(t, organizations, at)
		}
		require.NoError(t, TakeIn(to.Ledger, "acme", token, at))
		cutBoth()
		require.NoError(t, TakeIn(to.Ledger, "acme", token, at), "again")
		require.Empty(t, to.Away())

		for _, s := range []*side{to, whole} {
			again := sent("acme", "cid", noon.Add(2*time.Millisecond)) // what it has counted it knows
			require.NoError(t, s.Record(t.Context(), at, again))
			require.Equal(t, usage.Duplicate, again.Items[1].Became)
			require.NoError(t, s.Record(t.Context(), at, sent("acme", "dan", at)))
		}
		for _, later := range []time.Duration{time.Minute, 25 * time.Hour, 40 * 24 * time.Hour} {
			require.Equal(t, figures(t, whole.Ledger, noon.Add(later)), figures(t, to.Ledger, noon.Add(later)))
			require.Empty(t, figures(t, from.Ledger, noon.Add(later)))
		}
		want, err := whole.Statements(t.Context(), ledger.StatementQuery{Organization: "acme"})
		require.NoError(t, err)
		have, err := to.Statements(t.Context(), ledger.StatementQuery{Organization: "acme"})
		require.NoError(t, err)
		require.NotEmpty(t, want)
		require.Equal(t, want, have)
		for _, s := range []*side{from, to, whole} {
			require.NoError(t, s.Close(t.Context()))
		}
	}
}

// One that was held and is released shows what one shows that was not: collections
// that passed it over are made up for, before and after a start.
func TestAnOrganizationThatWasHeldGoesOn(t *testing.T) {
	held, whole := opened(t, listed), opened(t, listed)
	for _, s := range []*side{held, whole} {
		require.NoError(t, s.Record(t.Context(), noon, sent("acme", "ann", noon)))
	}
	require.NoError(t, CopyOut(t.Context(), held.Ledger, "acme", noon, io.Discard))
	at := noon
	for range 5 {
		at = at.Add(time.Minute)
		require.Empty(t, figures(t, held.Ledger, at))
		require.NotEmpty(t, figures(t, whole.Ledger, at))
	}
	require.NoError(t, Release(held.Ledger, "acme", at))
	for _, s := range []*side{held, whole} {
		require.NoError(t, s.Record(t.Context(), at, sent("acme", "bob", at)))
	}
	held.cut(t, at)
	whole.cut(t, at)
	for _, later := range []time.Duration{time.Minute, 25 * time.Hour, 40 * 24 * time.Hour} {
		require.Equal(t, figures(t, whole.Ledger, at.Add(later)), figures(t, held.Ledger, at.Add(later)))
	}
	require.NoError(t, held.Close(t.Context()))
	require.NoError(t, whole.Close(t.Context()))
}

var errAway = errors.New("connection reset")

// breaking is a stream that breaks off.
type breaking struct {
	io.Reader
	left int
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errAway
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// A copy that breaks off anywhere leaves nothing that a later one or a start meets.
func TestACopyThatBreaksOffIsMadeAgain(t *testing.T) {
	from, to := opened(t, ""), opened(t, "")
	for i := range 200 {
		require.NoError(t, from.Record(t.Context(), noon, sent("acme", fmt.Sprint("user ", i), noon)))
	}
	size := 0
	for cut := 0; ; cut++ {
		var stream bytes.Buffer
		require.NoError(t, CopyOut(t.Context(), from.Ledger, "acme", noon, &stream))
		size = stream.Len()
		if cut > 10 {
			_, _, err := CopyIn(t.Context(), to.Ledger, "a", noon, &stream)
			require.NoError(t, err)
			break
		}
		_, _, err := CopyIn(t.Context(), to.Ledger, "a", noon, &breaking{&stream, size * cut / 11})
		require.ErrorIs(t, err, errAway)
		require.Error(t, TakeIn(to.Ledger, "acme", "", noon))
		if cut%3 == 0 {
			to.cut(t, noon)
		}
	}
	_, _, err := CopyIn(t.Context(), to.Ledger, "c", noon, copyOf(t, from))
	require.ErrorContains(t, err, `a copy of it has come from shard "a", which may have let it go`)
	require.NoError(t, from.Close(t.Context()))
	require.NoError(t, to.Close(t.Context()))
}

func copyOf(t *testing.T, from *side) io.Reader {
	t.Helper()
	var stream bytes.Buffer
	require.NoError(t, CopyOut(t.Context(), from.Ledger, "acme", noon, &stream))
	return &stream
}
