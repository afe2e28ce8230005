// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// compareUsers holds who was counted against the figures of the last collection:
// the users of each class are as many as the gauge says, whoever is shown with a
// sum has that sum, and explanations say the same.
func (e *engine) compareUsers(t *testing.T, where string, figures map[string]float64) (compared int) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(e.organizations)) {
		for _, m := range e.settings.Extraction.Meters {
			for _, w := range m.Windows {
				for period := range 3 {
					compared += e.compareUsersOf(t, where, figures, inquiry.UsersQuery{Organization: id, Meter: m.Name, Window: w.String(), Period: period})
				}
			}
		}
	}
	return compared
}

func (e *engine) compareUsersOf(t *testing.T, where string, figures map[string]float64, q inquiry.UsersQuery) int {
	t.Helper()
	x, err := e.ledger.Explain(t.Context(), inquiry.ExplainQuery{Organization: q.Organization, Meter: q.Meter, Window: q.Window, Period: q.Period})
	if _, missing := errors.AsType[*inquiry.PeriodError](err); missing {
		for key := range figures {
			require.False(t, strings.HasPrefix(key, "usage_active_users{") && isOf(key, q), "%s: %s, %v", where, key, err)
		}
		return 0
	}
	require.NoError(t, err)
	got, places := map[string]float64{}, map[uint32]bool{}
	require.NoError(t, e.ledger.Users(t.Context(), q, func(u *inquiry.User) error {
		require.False(t, places[u.Place], "a user is there once")
		places[u.Place] = true
		for _, part := range u.Parts {
			if part.Meter != q.Meter {
				continue
			}
			if part.Counts {
				got[figureKey(q, "usage_active_users", classLabels(part.Class, part.Billable))]++
			}
			if part.Summed {
				key := figureKey(q, "usage_consumption_breakdown", map[string]string{"dimension": "user", "dimension_value": u.ID})
				if shown, there := figures[key]; there {
					require.Equal(t, shown, part.Sum.Over(usage.Micro), "%s: %s", where, key)
				}
			}
		}
		return nil
	}))
	compared := 0
	for _, c := range x.Classes {
		key := figureKey(q, "usage_active_users", classLabels(c.Name, c.Billable))
		shown, there := figures[key]
		if !there { // of a meter that the organization does not have
			require.Zero(t, c.Users, key)
			continue
		}
		require.Equal(t, shown, float64(c.Users), "%s: %s", where, key)
		if x.State != inquiry.Final { // then users may have become one since
			require.Equal(t, shown, got[key], "%s: %s", where, key)
		}
		compared++
	}
	return compared
}

func classLabels(class string, billable bool) map[string]string {
	if class == "" {
		return map[string]string{}
	}
	return map[string]string{"class": class, "billable": strconv.FormatBool(billable)}
}

func figureKey(q inquiry.UsersQuery, name string, labels map[string]string) string {
	labels["organization"], labels["meter"], labels["window"], labels["period"] = q.Organization, q.Meter, q.Window, usage.PeriodName(q.Period)
	return model.Key(name, labels)
}

// isOf reports whether a figure is of the period that is asked for.
func isOf(key string, q inquiry.UsersQuery) bool {
	for name, value := range map[string]string{"organization": q.Organization, "meter": q.Meter, "window": q.Window, "period": usage.PeriodName(q.Period)} {
		if !strings.Contains(key, fmt.Sprintf("%s=%q", name, value)) {
			return false
		}
	}
	return true
}
