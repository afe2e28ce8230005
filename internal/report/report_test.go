// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSectionsAreFoundByName(t *testing.T) {
	r := &Report{Kind: Billing, Sections: []Section{{Name: "charges"}, {Name: "totals"}}}
	for name, want := range map[string]string{"": "charges", "charges": "charges", "totals": "totals"} {
		s, err := r.Section(name)
		require.NoError(t, err)
		require.Equal(t, want, s.Name)
	}
	_, err := r.Section("users")
	require.EqualError(t, err, `section "users": a billing report has charges, totals`)
}

func TestBareNumbersKeepTheirUnits(t *testing.T) {
	for _, c := range []struct {
		column Column
		cell   Cell
		beside string
		unit   string
	}{
		{Column{Name: "users", Type: Count}, Cell{Text: "5"}, "", ""},
		{Column{Name: "audio", Type: Amount, Unit: "h"}, Cell{Text: "5"}, "", "h"},
		{Column{Name: "amount", Type: Amount}, Cell{Text: "5", Unit: "h"}, "amount_unit", "h"},
		{Column{Name: "total", Type: Money, Unit: "EUR"}, Cell{Text: "5"}, "", "EUR"},
		{Column{Name: "total", Type: Money}, Cell{Text: "5", Unit: "USD"}, "", "USD"},
		{Column{Name: "total", Type: Money, Unit: "EUR"}, Cell{}, "", ""},
	} {
		require.Equal(t, c.beside, c.column.UnitColumn(), "%+v", c)
		require.Equal(t, c.unit, c.column.UnitOf(c.cell), "%+v", c)
	}
}
