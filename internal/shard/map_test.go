// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const two = `
version: 1
shards:
  - {name: a, topic: usage-a, virtual: 00-7f}
  - {name: b, topic: usage-b, virtual: [80-fe, ff]}
pins: {acme: a, " Zoë ": a}
`

func TestOwner(t *testing.T) {
	m, err := Parse("shards.yaml", []byte(two))
	require.NoError(t, err)
	// printf %s globex | sha256sum | cut -c1-2
	require.Equal(t, byte(0x5b), VirtualOf("globex"))
	require.Equal(t, Shard{"a", "usage-a"}, m.Owner("globex"))
	require.Equal(t, byte(0x82), VirtualOf("acme"))
	require.Equal(t, "a", m.Owner("acme").Name, "it is pinned")
	require.Equal(t, "b", m.Owner("Zoë").Name)
	m, err = m.Spelled(identity.Rule{Normalize: usage.Trim})
	require.NoError(t, err)
	require.Equal(t, "a", m.Owner("Zoë").Name, "pins are spelled as telemetry is")
	virtual, pinned := m.Owned("a")
	require.Equal(t, []int{128, 2}, []int{virtual, pinned})
}

func TestAMapThatIsWrongSaysWhatHelps(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":            {"", `shards.yaml: is empty: list the shards, as {name: a, topic: usage-a, virtual: 00-ff}`},
		"no shards":        {"version: 1", `shards.yaml: shards: []: list them, as {name: a, topic: usage-a, virtual: 00-ff}`},
		"no version":       {"shards: [{name: a, topic: a, virtual: 00-ff}]", `shards.yaml: version: 0: number the map, 1 or more, and raise the number with every change`},
		"unknown key":      {"version: 1\nshard: []", "shards.yaml: yaml: unmarshal errors:\n  line 2: field shard not found in type shard.document"},
		"not covered":      {"version: 1\nshards: [{name: a, topic: a, virtual: [00-7e, 81-fe]}]", `shards.yaml: shards: no shard has virtual 7f-80, ff: add them to the virtual of one`},
		"twice covered":    {"version: 1\nshards: [{name: a, topic: a, virtual: 00-ff}, {name: b, topic: b, virtual: 80}]", `shards.yaml: shards[1].virtual: "80": 80 is that of shard "a" too: each belongs to one`},
		"one name":         {"version: 1\nshards: [{name: a, topic: a, virtual: 00-7f}, {name: a, topic: b, virtual: 80-ff}]", `shards.yaml: shards[1].name: "a": another shard has this name, and both would count the same: rename or remove one`},
		"one topic":        {"version: 1\nshards: [{name: a, topic: a, virtual: 00-7f}, {name: b, topic: a, virtual: 80-ff}]", `shards.yaml: shards[1].topic: "a": is that of shard "a", which would refuse what is not its own: give each shard its topic`},
		"bad name":         {"version: 1\nshards: [{name: A_1, topic: a, virtual: 00-ff}]", `shards.yaml: shards[0].name: "A_1": use a-z, 0-9 and -, at most 63 of them`},
		"no topic":         {"version: 1\nshards: [{name: a, virtual: 00-ff}]", `shards.yaml: shards[0].topic: "": use letters, digits, ., _ and -, at most 240 of them`},
		"backward range":   {"version: 1\nshards: [{name: a, topic: a, virtual: [ff-00, 00-ff]}]", `shards.yaml: shards[0].virtual: "ff-00": write two hexadecimal digits, or a range of them from low to high, as 00-7f`},
		"pinned nowhere":   {"version: 1\nshards: [{name: a, topic: a, virtual: 00-ff}]\npins: {acme: c}", `shards.yaml: pins."acme": "c": no shard of this name: name one of shards, or remove the pin`},
		"virtual is a map": {"version: 1\nshards: [{name: a, topic: a, virtual: [{}]}]", `shards.yaml: line 2: virtual is a range as 00-7f, or a list of them`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("shards.yaml", []byte(test.text))
			require.EqualError(t, err, test.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(two)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse("shards.yaml", []byte(text))
		if err == nil {
			require.NotEmpty(t, m.Owner("acme").Name, "every organization has a shard")
		}
	})
}

func batchOf(organizations ...string) *usage.Batch {
	b := &usage.Batch{}
	for _, id := range organizations {
		b.Items = append(b.Items, usage.Item{Organization: id})
	}
	return b
}

func TestWhatIsOfOthersIsUnauthorized(t *testing.T) {
	m, err := Parse("shards.yaml", []byte(two))
	require.NoError(t, err)
	b := batchOf("acme", "globex", "acme", usage.NoOrganization)
	b.Items[2].Outcome = usage.Invalid
	require.NoError(t, m.Refuse(b, "b", ID{}))
	require.Equal(t, []usage.Item{
		{Organization: usage.NoOrganization, Outcome: usage.Unauthorized, Reason: usage.ReasonOtherShard},
		{Organization: usage.NoOrganization, Outcome: usage.Unauthorized, Reason: usage.ReasonOtherShard},
		{Organization: usage.NoOrganization, Outcome: usage.Invalid}, // what was wrong before stays so
		{Organization: usage.NoOrganization},
	}, b.Items)
	b = batchOf("acme", "globex")
	require.NoError(t, m.Refuse(b, "a", ID{}))
	require.Equal(t, batchOf("acme", "globex"), b)
}

func TestWhatANewerMapSentWaits(t *testing.T) {
	m, err := Parse("shards.yaml", []byte(two))
	require.NoError(t, err)
	for _, sent := range []ID{{2, "0"}, {1, "another"}} {
		b := batchOf("acme")
		require.ErrorIs(t, m.Refuse(b, "b", sent), usage.ErrUnavailable)
		require.Equal(t, batchOf("acme"), b)
		require.NoError(t, m.Refuse(batchOf("globex"), "a", sent), "what is owned by both is taken")
	}
	require.NoError(t, m.Refuse(batchOf("acme"), "b", m.ID()))
	parsed, ok := ParseID(m.ID().String())
	require.True(t, ok)
	require.Equal(t, m.ID(), parsed)
	_, ok = ParseID("nonsense")
	require.False(t, ok)
}

func TestAFileIsReloadedOnlyByWhatIsNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shards.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(two)
	f, err := Load(path, "a", identity.Rule{}, zap.NewNop())
	require.NoError(t, err)
	first := f.Current()

	write("version: 1\nshards: [{name: a, topic: usage-a, virtual: 00-ff}]")
	f.poll()
	require.Same(t, first.Map, f.Current().Map)
	require.EqualError(t, f.Current().Err, "shards.yaml: version: 1: the map in force is of version 1 and says something else: use 2")

	write("version: 2\nshards: [{name: b, topic: usage-b, virtual: 00-ff}]")
	f.poll()
	require.EqualError(t, f.Current().Err, `shards.yaml: shards: none is named "a", as this shard is: add it, or correct shard::name`)

	write("version: 2\nshards: [{name: a, topic: usage-a, virtual: 00-ff}]")
	f.poll()
	require.NoError(t, f.Current().Err)
	require.Equal(t, "a", f.Current().Owner("initech-17").Name)
	require.Equal(t, 2, f.Current().Version)

	require.NoError(t, os.Remove(path))
	f.poll()
	require.ErrorIs(t, f.Current().Err, os.ErrNotExist)
	require.Equal(t, 2, f.Current().Version, "the last good one stays")
}

func TestPinWritesWhatAnOperatorWould(t *testing.T) {
	const text = `# which shard counts whom
version: 7 # raise it
shards:
  - {name: a, topic: usage-a, virtual: 00-7f}
  - {name: b, topic: usage-b, virtual: [80-fe, ff]}
`
	pinned, err := Pin("shards.yaml", []byte(text), "globex", "b")
	require.NoError(t, err)
	require.Equal(t, `# which shard counts whom
version: 8 # raise it
shards:
  - {name: a, topic: usage-a, virtual: 00-7f}
  - {name: b, topic: usage-b, virtual: [80-fe, ff]}
pins:
  globex: b
`, string(pinned))
	again, err := Pin("shards.yaml", pinned, "globex", "b")
	require.NoError(t, err)
	require.Equal(t, string(pinned), string(again))
	more, err := Pin("shards.yaml", []byte(text+"pins: {acme: a}\n"), "4711", "a")
	require.NoError(t, err)
	require.Contains(t, string(more), `pins: {acme: a, "4711": a}`)
	for _, id := range []string{"80", "null", "a: b", "- x", "#", "\u00a0Zo\u00eb", "{x", "version"} {
		for _, name := range []string{"a", "b"} {
			pinned, err := Pin("shards.yaml", []byte(text), id, name)
			require.NoError(t, err)
			m, err := Parse("shards.yaml", pinned)
			require.NoError(t, err)
			require.Equal(t, name, m.Owner(id).Name, id)
		}
	}
	_, err = Pin("shards.yaml", []byte(text), "globex", "c")
	require.EqualError(t, err, `shards.yaml: shards: none is named "c": add it, or name the file that the shards read`)
	_, err = Pin("shards.yaml", []byte("version: 0"), "globex", "c")
	require.Error(t, err)
}
