// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"hash/maphash"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func newDictionary(list ...string) *meter.Dictionary {
	return meter.NewDictionary(list, 1, series.NewBook(time.Time{}, maphash.MakeSeed()))
}

func number(t *testing.T, v *meter.Values, name string, limit int) uint32 {
	t.Helper()
	n, _ := v.Number(name, limit, 1)
	return n
}

func TestOrganizationsShareValuesAndNumberThemForThemselves(t *testing.T) {
	d := newDictionary()
	a, b := meter.NewValues(d), meter.NewValues(d)
	require.Equal(t, []uint32{2, 3}, []uint32{number(t, &a, "de", 2), number(t, &a, "en", 2)})
	require.Equal(t, []uint32{2, 3}, []uint32{number(t, &b, "en", 2), number(t, &b, "fr", 2)})
	require.Same(t, a.Of(3), b.Of(2))
	require.Equal(t, []string{"de", "en"}, a.Names())
	require.Equal(t, []string{"en", "fr"}, b.Names())
	require.Equal(t, usage.OtherValue, a.Of(number(t, &a, "fr", 2)).Name, "the limit is each organization's")
	require.Equal(t, usage.OtherValue, b.Of(number(t, &b, "de", 2)).Name)
}

func TestAValueThatGaveItsPlaceUpKeepsItsNumber(t *testing.T) {
	v := meter.NewValues(newDictionary())
	require.EqualValues(t, 2, number(t, &v, "old", 1))
	require.EqualValues(t, 1, number(t, &v, "new", 1))
	v.Vacate(2)
	require.EqualValues(t, 3, number(t, &v, "new", 1))
	require.EqualValues(t, 1, number(t, &v, "old", 1), "its place has gone to another one")
	v.Vacate(2)
	require.EqualValues(t, 2, number(t, &v, "old", 1))
}

func TestValuesOfAListAreNoOthers(t *testing.T) {
	v := meter.NewValues(newDictionary("share", "read"))
	require.True(t, v.Fixed())
	require.EqualValues(t, 3, number(t, &v, "read", 100))
	require.EqualValues(t, 1, number(t, &v, "invite", 100))
	v.Vacate(1000)
	require.EqualValues(t, 2, number(t, &v, "share", 100))
	v.Restore([]string{"read"}, 0)
	require.Equal(t, []string{"read", "share"}, v.Names(), "as they were stored, then what is new in the list")
}

func TestAnErasedNameIsErasedInOneOrganization(t *testing.T) {
	d := newDictionary()
	a, b := meter.NewValues(d), meter.NewValues(d)
	const many = 300 // so that there is a map
	for n := range many {
		require.EqualValues(t, 2+n, number(t, &a, strconv.Itoa(n), many))
	}
	number(t, &b, "7", many)
	a.Forget("7")
	require.Equal(t, "__erased_9__", a.Of(9).Name)
	require.Negative(t, a.Named("7"))
	require.Equal(t, "7", b.Of(2).Name)
	n, known := a.Find("__erased_9__")
	require.True(t, known)
	require.EqualValues(t, 9, n, "what was counted for it stays")
	require.EqualValues(t, 2+many, number(t, &a, "7", many+1), "if it comes again it is another value")
	require.EqualValues(t, 2+250, number(t, &a, "250", many))
}

// Organizations meet the same values at the same time, and show them at the same time.
func TestOrganizationsMeetValuesSideBySide(t *testing.T) {
	book := series.NewBook(time.Time{}, maphash.MakeSeed())
	d := meter.NewDictionary(nil, 1, book)
	var shown [8][50]*usage.Series
	var wg sync.WaitGroup
	for organization := range shown {
		wg.Go(func() {
			v := meter.NewValues(d)
			for n := range shown[organization] {
				number, _ := v.Number(strconv.Itoa(n), len(shown[organization]), 1)
				value := v.Of(number)
				if shown[organization][n] = value.Series(0); shown[organization][n] == nil {
					shown[organization][n] = value.Show(0, book.Gauge("usage_x", usage.Label{Name: "dimension_value", Value: value.Name}))
				}
			}
		})
	}
	wg.Wait()
	for _, got := range shown {
		for n := range got {
			require.Same(t, shown[0][n], got[n])
		}
	}
}
