// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	nfc = "Zo\u00eb"
	nfd = "Zoe\u0308"
)

func TestSpell(t *testing.T) {
	tests := []struct{ id, trimmed, folded string }{
		{"L04", "L04", "l04"},
		{"L04 ", "L04", "l04"},
		{"L04\u200b", "L04", "l04"},
		{" \u200b\ufeff\t L04\u2060 \u00a0\u200d\u200c\u3000\r\n", "L04", "l04"},
		{"\u00adL04\u200e", "L04", "l04"},
		{"L 04", "L 04", "l 04"},
		{"\u0646\u200c\u0645", "\u0646\u200c\u0645", "\u0646\u200c\u0645"}, // a joiner inside is spelling
		{nfc, nfc, "zo\u00eb"},
		{nfd, nfc, "zo\u00eb"},
		{"\u200b" + nfd + " ", nfc, "zo\u00eb"},
		{"STRASSE", "STRASSE", "strasse"},
		{"Stra\u00dfe", "Stra\u00dfe", "strasse"},
		{"\u039f\u0394\u039f\u03a3", "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c3"},
		{"\u03bf\u03b4\u03bf\u03c2", "\u03bf\u03b4\u03bf\u03c2", "\u03bf\u03b4\u03bf\u03c3"},
		{"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f"},
		{"A\xff ", "A\xff", "A\xff"}, // no text: without case
		{" \u200b ", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%+q", test.id), func(t *testing.T) {
			require.Equal(t, test.trimmed, Spell(test.id, usage.Trim))
			require.Equal(t, test.folded, Spell(test.id, usage.Fold))
			require.Equal(t, test.id, Spell(test.id, usage.Asis))
			require.Equal(t, test.id, Spell(test.id, usage.Format3))
		})
	}
}

func TestAnIDThatIsSpelledSoCostsNoAllocation(t *testing.T) {
	for _, id := range []string{"0197f3c2-7d1e-7000-8000-000000000001", "L04 ", nfc, "\u200b\u6771\u4eac"} {
		require.Zero(t, testing.AllocsPerRun(100, func() { Spell(id, usage.Trim) }), "%+q", id)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { Spell("user-17 ", usage.Fold) }))
	p := NewPlaceholders(DefaultPlaceholders())
	require.Zero(t, testing.AllocsPerRun(100, func() { p.Has("0197f3c2-7d1e-7000-8000-000000000001"); p.Has(nfc); p.Has("null") }))
}

func FuzzSpellingTwiceIsSpellingOnce(f *testing.F) {
	for _, id := range []string{"L04 ", nfd, "\u1fb3\u0301", "\u0345\u0301", "\u0390", "\u01f0 ", "\u0130", "\u200b\u0308x", "\ufb03", "\xff\u0308A", "\u1e9e"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		trimmed, folded := Spell(id, usage.Trim), Spell(id, usage.Fold)
		require.Equal(t, trimmed, Spell(trimmed, usage.Trim))
		require.Equal(t, folded, Spell(folded, usage.Fold))
		require.Equal(t, folded, Spell(trimmed, usage.Fold), "what is one by trim is one by fold")
		require.Equal(t, utf8.ValidString(id), utf8.ValidString(trimmed))
		require.Equal(t, trimmed, Spell(" "+id+"\u200b", usage.Trim))
	})
}

func TestPlaceholders(t *testing.T) {
	p := NewPlaceholders(DefaultPlaceholders())
	for _, id := range []string{
		"undefined", "null", "None", "nil", "NaN", "0", "true", "false", "[object Object]", "anonymous", "guest",
		"NULL", "Undefined", " null\u200b", "   ", "\u200b", "\t", "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000", "<nil>",
	} {
		require.True(t, p.Has(id), "%+q", id)
	}
	for _, id := range []string{"00", "1", "nullable", "guest1", "anonymous-17", "ann", nfc, "00000000-0000-0000-0000-000000000001", "-", "unknown"} {
		require.False(t, p.Has(id), "%+q", id)
	}
}

func TestAListOfPlaceholdersReplacesTheOther(t *testing.T) {
	p := NewPlaceholders([]string{"n/a", "Unbekannt", nfd})
	for _, id := range []string{"N/A", "unbekannt ", nfc, "ZO\u00cb"} {
		require.True(t, p.Has(id), "%+q", id)
	}
	for _, id := range []string{"null", "  ", "zoe"} {
		require.False(t, p.Has(id), "%+q", id)
	}
	require.False(t, NewPlaceholders(nil).Has("null"))
	require.False(t, (*Placeholders)(nil).Has("null"))
}

func TestSecretsFollowFromAKey(t *testing.T) {
	require.Equal(t, Secret("a key", "acme"), Secret("a key", "acme"))
	require.NotEqual(t, Secret("a key", "acme"), Secret("a key", "globex"))
	require.NotEqual(t, Secret("a key", "acme"), Secret("another", "acme"))
}
