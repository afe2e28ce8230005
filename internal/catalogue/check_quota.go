// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Thresholds, in millionths of the limit.
const (
	// minThreshold is the dead band below a threshold (SEMANTICS 6): one as
	// low would never end.
	minThreshold = 20_000
	// maxThreshold is ten times the limit.
	maxThreshold = 10 * usage.Micro
	// maxThresholds bounds the series of a quota.
	maxThresholds = 20
)

// defaultThresholds are those of a quota that names none.
var defaultThresholds = []int64{500_000, 750_000, 900_000, 1_000_000}

func (c *checker) quotas(at place, texts map[string]quotaText, plan Plan, currency string) map[string]Quota {
	if len(texts) == 0 {
		return nil
	}
	quotas := make(map[string]Quota, len(texts))
	for _, meter := range slices.Sorted(maps.Keys(texts)) {
		quotas[meter] = c.quota(append(at, meter), meter, texts[meter], plan, currency)
	}
	return quotas
}

func (c *checker) quota(at place, meter string, text quotaText, plan Plan, currency string) Quota {
	var q Quota
	var err error
	if text.Limit == "" {
		c.missing(append(at, "limit"), "say how much may be used, 0 for nothing")
	} else if q.Limit, err = millionths(text.Limit); err != nil {
		c.refuse(append(at, "limit"), text.Limit, err.Error())
	}
	if text.Window == "" {
		c.missing(append(at, "window"), "say over which window the limit holds, as month")
	} else if q.Window, err = usage.ParseWindow(text.Window); err != nil {
		c.add(c.line(append(at, "window")), "%s: %w", append(at, "window"), err)
	}
	q.Thresholds = c.thresholds(append(at, "thresholds"), text.Thresholds)
	q.FlexPrice = c.price(append(at, "flex_price"), text.FlexPrice, currency)
	if q.FlexPrice.Valid && q.Window != (usage.Window{}) {
		c.billed(at, q, plan)
	}
	c.kept(at, meter, text.Window, q.Window)
	return q
}

func (c *checker) thresholds(at place, texts []string) []int64 {
	if texts == nil {
		return slices.Clone(defaultThresholds)
	}
	if len(texts) > maxThresholds {
		c.refuse(at, len(texts), "too many; use at most %d", maxThresholds)
	}
	list := make([]int64, 0, len(texts))
	for i, text := range texts {
		exact, err := millionths(text)
		share, fits := exact.Int64()
		switch {
		case err != nil:
			c.refuse(append(at, i), text, err.Error())
			continue
		case share <= minThreshold || share > maxThreshold || !fits:
			c.refuse(append(at, i), text, "no share of the limit that can be told of; use more than 0.02, as 0.9, and at most 10")
		case len(list) > 0 && share <= list[len(list)-1]:
			c.refuse(append(at, i), text, "not above the one before it; list them in ascending order, each once")
		}
		list = append(list, share)
	}
	return list
}

// billed judges a quota whose overage costs.
func (c *checker) billed(at place, q Quota, plan Plan) {
	months := q.Window.Kind.Months()
	switch {
	case months == 0:
		c.refuse(append(at, "flex_price"), q.FlexPrice.Decimal, "window %s is not billed; use month, cycle, quarter, half or year, or remove the price", q.Window)
	case plan.Type == "":
		c.refuse(append(at, "flex_price"), q.FlexPrice.Decimal, "a price without a plan; set %s to %s or %s", append(slices.Clone(at[:2]), "plan", "type"), billing.Traditional, billing.Fair)
	case plan.TermMonths%months != 0:
		c.refuse(append(at, "window"), q.Window.String(), "a term of %d months is no whole number of them; use a shorter window, or a term of a multiple of %d months", plan.TermMonths, months)
	}
}

// bought judges a list of meters.
func (c *checker) bought(at place, meters []string) []string {
	for i, meter := range meters {
		c.known(append(at, i), meter)
		if slices.Contains(meters[:i], meter) {
			c.refuse(append(at, i), meter, "listed already; remove it")
		}
	}
	return meters
}

// known judges whether the configuration has a meter, and returns it.
func (c *checker) known(at place, meter string) *usage.Meter {
	if c.meters == nil {
		return nil
	}
	i := slices.IndexFunc(c.meters, func(m usage.Meter) bool { return m.Name == meter })
	if i < 0 {
		c.add(c.line(at), "%s: unknown meter; %s", at, c.nearest(meter))
		return nil
	}
	return &c.meters[i]
}

// kept judges whether the configuration has the meter and its window.
func (c *checker) kept(at place, meter, text string, window usage.Window) {
	m := c.known(at, meter)
	if m == nil {
		return
	}
	windows := m.Windows
	if window == (usage.Window{}) || slices.Contains(windows, window) {
		return
	}
	names := make([]string, len(windows))
	for j, w := range windows {
		names[j] = w.String()
	}
	c.refuse(append(at, "window"), text, "the meter does not keep this window; use one of %s, or add it to meters::%s::windows", strings.Join(names, ", "), meter)
}

// nearest says which meters there are, the one first that may be meant.
func (c *checker) nearest(meter string) string {
	if len(c.meters) == 0 {
		return "the configuration has none"
	}
	names := make([]string, len(c.meters))
	for i, m := range c.meters {
		names[i] = m.Name
	}
	closest := slices.MinFunc(names, func(a, b string) int {
		return levenshtein.ComputeDistance(meter, a) - levenshtein.ComputeDistance(meter, b)
	})
	all := "use one of " + strings.Join(names, ", ")
	if levenshtein.ComputeDistance(meter, closest) > max(2, len(meter)/3) {
		return all
	}
	return "do you mean " + closest + "? " + all
}
