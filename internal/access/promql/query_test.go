// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	theirs = `organization=~"acme|birch\\.north"`
	none   = `__nothing__="0",__nothing__="1"`
)

var mine = To([]string{"acme", "birch.north", "acme", "", "\xff"})

func TestEachSelectorIsBound(t *testing.T) {
	for query, want := range map[string]string{
		`a`:                                             `a{` + theirs + `}`,
		`{__name__=~".+"}`:                              `{__name__=~".+",` + theirs + `}`,
		`{"na.me", "la bel"="x"}`:                       `{"la bel"="x",__name__="na.me",` + theirs + `}`,
		`a{organization=~"x|.*"}`:                       `a{` + theirs + `,organization=~"x|.*"}`,
		`a{organization!="acme"}`:                       `a{organization!="acme",` + theirs + `}`,
		`a{organization=""}`:                            `a{` + none + `,organization=""}`,
		`a{organization="cedar"}`:                       `a{` + none + `,organization="cedar"}`,
		`a{'organization'="acme"}`:                      `a{organization="acme"}`,
		`a{"organization"="cedar"}`:                     `a{` + none + `,organization="cedar"}`,
		`a{organization="acme",organization="cedar"}`:   `a{organization="acme",organization="cedar"}`,
		`a or b unless on (c) d @ end()`:                `a{` + theirs + `} or b{` + theirs + `} unless on (c) d{` + theirs + `} @ end()`,
		`sum(rate(a[5m] offset 1w))`:                    `sum(rate(a{` + theirs + `}[5m] offset 1w))`,
		`max_over_time((-a)[1h:5m] @ 1)`:                `max_over_time((-a{` + theirs + `})[1h:5m] @ 1.000)`,
		`absent(a{organization="cedar"})`:               `absent(a{` + none + `,organization="cedar"})`,
		`absent_over_time(a{b="c"}[1m])`:                `absent_over_time(a{b="c",` + theirs + `}[1m])`,
		`label_replace(a,"organization","cedar","","")`: `label_replace(a{` + theirs + `}, "organization", "cedar", "", "")`,
		`a + 1 # or b`:                                  `a{` + theirs + `} + 1`,
		`vector(1) or vector(time()) > scalar(b)`:       `vector(1) or vector(time()) > scalar(b{` + theirs + `})`,
		`count_values("organization", a)`:               `count_values("organization", a{` + theirs + `})`,
	} {
		got, err := mine.Query(query)
		require.NoError(t, err, query)
		require.Equal(t, want, got, query)
	}
}

func TestWhatCannotBeBoundIsRefused(t *testing.T) {
	for _, query := range []string{
		``, `a{`, `a} or b{`, `a{organization="acme" or organization="cedar"}`, `info(a)`, `limitk(1, a)`, `WITH (x = a) x`, `a{organization="acme"}} or {b="c"`,
		`a keep_metric_names`, "a{organization=\"\xff\"}", `mad_over_time(a[1h])`, `sort_by_label(a, "organization")`, `a offset sum(b)`,
	} {
		for _, b := range []*Bound{mine, Everything(), To(nil)} {
			got, err := b.Query(query)
			require.ErrorContains(t, err, "no PromQL that can be bound", query)
			require.Empty(t, got)
		}
	}
	for _, match := range []string{``, `a + b`, `sum(a)`, `a[5m]`, `a or b`} {
		got, err := mine.Selectors([]string{`a`, match})
		require.ErrorContains(t, err, "no selector that can be bound", match)
		require.Empty(t, got)
	}
}

func TestSelectorsAreBoundAlsoWhereNoneIsAskedFor(t *testing.T) {
	for want, match := range map[string][]string{
		`{` + theirs + `}`:                    nil,
		`{__name__="a",` + theirs + `}`:       {`a`},
		`{` + none + `,organization="cedar"}`: {`{organization="cedar"}`},
	} {
		got, err := mine.Selectors(match)
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
	got, err := To(nil).Selectors(nil)
	require.NoError(t, err)
	require.Equal(t, []string{`{` + none + `}`}, got)
}

func TestWhoReadsEverythingAsksAsTheyWrote(t *testing.T) {
	got, err := Everything().Query(`a  +b`)
	require.NoError(t, err)
	require.Equal(t, `a  +b`, got)
	match, err := Everything().Selectors(nil)
	require.NoError(t, err)
	require.Empty(t, match)
	require.Empty(t, Everything().Matchers())
	require.True(t, Everything().Everything() && Everything().Sees("cedar"))
}

func TestWhoReadsNothingReadsNothing(t *testing.T) {
	for _, b := range []*Bound{{}, To(nil), To([]string{"", "\xff"})} {
		got, err := b.Query(`a or {organization="",b="c"}`)
		require.NoError(t, err)
		require.Equal(t, `a{`+none+`} or {`+none+`,b="c",organization=""}`, got)
		require.Len(t, b.Matchers(), 2)
		require.False(t, b.Everything() || b.Sees("") || b.Sees("acme"))
	}
}

func TestAnIDIsNoPattern(t *testing.T) {
	b := To([]string{"a.c", "x|y", ".*"})
	for id, seen := range map[string]bool{"a.c": true, "abc": false, "x|y": true, "x": false, "y": false, ".*": true, "z": false, "a.c\n": false, "": false} {
		require.Equal(t, seen, b.Matchers()[0].Matches(id), id)
		require.Equal(t, seen, b.Sees(id), id)
	}
}
