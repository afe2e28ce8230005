// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rebuild

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// apart are series of how something arrived and not of what: how often it was sent
// again, and what was refused.
var apart = []string{"usage_items_total", "usage_meter_rejected_total"}

// quoted is how many differences are named.
const quoted = 40

// Compared is how much was held against each other.
type Compared struct{ Figures, Statements int }

// Same returns an error that says where two ledgers differ: in the figures of a
// minute, bit by bit, or in what current statements say. now must be a minute that
// neither has passed, and late enough for samples of concurrent users that were under
// way when they were closed: when those are final depends on that, what they say does
// not.
func Same(ctx context.Context, one, other *ledger.Ledger, now time.Time) (n Compared, err error) {
	a, err := figures(ctx, one, now)
	if err != nil {
		return n, err
	}
	b, err := figures(ctx, other, now)
	if err != nil {
		return n, err
	}
	if n.Figures, err = equal("figure", a, b); err != nil {
		return n, err
	}
	x, err := statements(ctx, one)
	if err != nil {
		return n, err
	}
	y, err := statements(ctx, other)
	if err != nil {
		return n, err
	}
	n.Statements, err = equal("statement", x, y)
	return n, err
}

// equal returns how many things there are, and an error where they are not the same.
func equal(what string, a, b map[string]string) (int, error) {
	names := slices.Sorted(maps.Keys(a))
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if _, there := a[name]; !there {
			names = append(names, name)
		}
	}
	var differ []string
	for _, name := range names {
		x, inOne := a[name]
		y, inOther := b[name]
		if inOne && inOther && x == y {
			continue
		}
		differ = append(differ, fmt.Sprintf("%s is %s, and %s", name, or(x, "not there"), or(y, "not there")))
	}
	if len(differ) > 0 {
		return len(names), fmt.Errorf("%d of %d %ss differ; the first: %s", len(differ), len(names), what, strings.Join(differ[:min(len(differ), quoted)], "; "))
	}
	return len(names), nil
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// figures are those of a minute, by organization and series.
func figures(ctx context.Context, l *ledger.Ledger, now time.Time) (map[string]string, error) {
	c, err := l.Collect(ctx, now)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			if !slices.Contains(apart, f.Series.Name) {
				all[nameOf(o.Organization, f.Series)] = fmt.Sprintf("%v (%x)", f.Value, math.Float64bits(f.Value))
			}
		}
	}
	return all, nil
}

func nameOf(organization string, s *usage.Series) string {
	text := fmt.Sprintf("%s{organization=%q", s.Name, organization)
	for _, l := range s.Labels {
		text += fmt.Sprintf(",%s=%q", l.Name, l.Value)
	}
	return text + "}"
}

// statements are the current versions, by organization, meter and period. When they
// were made, and how many versions there were before, depends on when events came.
func statements(ctx context.Context, l *ledger.Ledger) (map[string]string, error) {
	all := map[string]string{}
	for _, id := range l.IDs() {
		of, err := l.Statements(ctx, ledger.StatementQuery{Organization: id})
		if err != nil {
			return nil, err
		}
		for _, s := range of {
			all[fmt.Sprintf("%s %s %s %s", id, s.Meter, s.Window, s.Start.Format(time.RFC3339))] = says(&s)
		}
	}
	return all, nil
}

func says(s *archive.Statement) string {
	last := s.Versions[len(s.Versions)-1]
	return fmt.Sprintf("until %s, %v, %+v", s.End.Format(time.RFC3339), last.Used, last.Figures)
}
