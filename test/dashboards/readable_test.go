// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sizes of Grafana 12 in pixels: of texts, of the 24 columns of a window of
// 1280 with its gaps, and of what shares a line with a text.
const (
	title    = 14.
	legible  = 12. // the smallest text that is read at arm's length
	onBar    = 11. // of digits alone
	page     = 1250.
	gap      = 8.
	edges    = 16.      // of a panel, left and right
	icons    = 32. + 32 // beside a title: its description, and the menu
	cell     = 12.      // left and right of what is in a cell
	arrow    = 20.      // beside the header that a table is sorted by
	funnel   = 20.      // beside the header of a column that can be filtered
	narrow   = 150.     // of a column that is not told a width
	axis     = 60.      // left of the bars
	fewDays  = 31
	mostPast = 13
)

// inter are the advance widths of Inter Medium, Grafana's font, from the blank
// to the tilde in thousandths of its size.
var inter = [...]float64{
	267, 304, 494, 639, 646, 993, 653, 313, 369, 369, 521, 667, 303, 462, 303, 370, 646, 415, 616, 627, 656, 603, 630, 571, 629, 630, 303, 315, 667, 667, 667, 527,
	982, 709, 657, 733, 722, 603, 589, 748, 745, 272, 575, 688, 565, 913, 756, 767, 642, 769, 648, 646, 653, 740, 709, 1003, 701, 696, 641, 369, 370, 369, 477, 463,
	337, 568, 618, 577, 618, 587, 379, 620, 602, 252, 252, 559, 252, 888, 602, 604, 618, 618, 387, 539, 340, 602, 575, 829, 557, 575, 559, 440, 346, 440, 667,
}

// width is how much room a text takes.
func width(text string, size float64) (sum float64) {
	for _, r := range text {
		if i := int(r - ' '); i >= 0 && i < len(inter) {
			sum += inter[i]
		} else {
			sum += 1000
		}
	}
	return sum * size / 1000
}

func (g gridPos) width() float64 {
	return float64(g.W)*(page-23*gap)/24 + float64(g.W-1)*gap
}

// TestTitlesFit with the widest name that a variable may bring.
func TestTitlesFit(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.all() {
			require.LessOrEqual(t, width(filled(t, p.Title), title), p.GridPos.width()-edges-icons, "%s: %s", uid, filled(t, p.Title))
		}
	}
}

// TestReasonsOfNoFigureAreLegible: Grafana shrinks the text of a figure, until
// it is one line. Panels of other types have it in lines of their own.
func TestReasonsOfNoFigureAreLegible(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			if p.Type == "stat" || p.Type == "bargauge" {
				require.LessOrEqual(t, width(p.FieldConfig.Defaults.NoValue, legible), p.GridPos.width()-edges, "%s: %s: %s", uid, p.Title, p.FieldConfig.Defaults.NoValue)
			}
		}
	}
}

// TestNamesOfFiguresAreLegible: without a size Grafana makes them as small as
// it takes.
func TestNamesOfFiguresAreLegible(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			var options struct {
				Text struct{ TitleSize, ValueSize float64 }
			}
			require.NoError(t, json.Unmarshal(p.Options, &options))
			switch p.Type {
			case "stat":
				require.GreaterOrEqual(t, options.Text.TitleSize, legible, "%s: %s", uid, p.Title)
			case "bargauge":
				require.GreaterOrEqual(t, options.Text.TitleSize, legible, "%s: %s", uid, p.Title)
				require.GreaterOrEqual(t, options.Text.ValueSize, legible, "%s: %s", uid, p.Title)
			}
		}
	}
}

// column is a column of a table that is seen.
type column struct {
	title string
	set   map[string]json.RawMessage
	width float64
}

func (c *column) of(t *testing.T, property string, into any) bool {
	t.Helper()
	value, is := c.set[property]
	if is {
		require.NoError(t, json.Unmarshal(value, into), "%s: %s", c.title, property)
	}
	return is
}

// columns are those of a table: all, and those that are seen with the width
// that each has.
func columns(t *testing.T, p *panel) (all map[string]*column, seen []*column) {
	t.Helper()
	all = map[string]*column{}
	left, elastic := p.GridPos.width()-edges, 0
	for _, o := range p.FieldConfig.Overrides {
		c := &column{title: o.Matcher.Options.(string), set: map[string]json.RawMessage{}}
		for _, property := range o.Properties {
			c.set[property.ID] = property.Value
		}
		all[c.title] = c
		if _, hidden := c.set["custom.hideFrom"]; hidden {
			continue
		}
		if !c.of(t, "custom.width", &c.width) {
			elastic++
		}
		left -= c.width
		seen = append(seen, c)
	}
	for _, c := range seen {
		if c.width == 0 {
			c.width = max(narrow, left/float64(elastic))
		}
	}
	return all, seen
}

// known are texts that a column may have, whatever is counted.
func known(t *testing.T, c *column) (texts []string) {
	t.Helper()
	var unit string
	if c.of(t, "unit", &unit); unit == "dateTimeAsIso" {
		texts = append(texts, "2026-10-20 20:00:00")
	}
	var mappings []struct {
		Type    string
		Options map[string]json.RawMessage
	}
	c.of(t, "mappings", &mappings)
	for _, m := range mappings {
		for _, option := range m.Options {
			var shown struct{ Text string }
			if m.Type == "value" && json.Unmarshal(option, &shown) == nil {
				texts = append(texts, shown.Text)
			}
		}
	}
	return texts
}

// TestColumnsFit: each has a unit and the text of a cell without a value, since
// a column has the panel's otherwise; headers and what is known of cells are
// not cut off; and no table is scrolled sideways.
func TestColumnsFit(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			if p.Type != "table" {
				continue
			}
			var options struct {
				SortBy []struct{ DisplayName string }
			}
			require.NoError(t, json.Unmarshal(p.Options, &options))
			all, seen := columns(t, p)
			for title, c := range all {
				require.Contains(t, c.set, "unit", "%s: %s: %s", uid, p.Title, title)
				require.Contains(t, c.set, "noValue", "%s: %s: %s", uid, p.Title, title)
			}
			needed := edges
			for _, c := range seen {
				name := fmt.Sprintf("%s: %s: %s", uid, p.Title, c.title)
				header := width(c.title, title) + cell
				var filterable bool
				if c.of(t, "custom.filterable", &filterable); filterable {
					header += funnel
				}
				if len(options.SortBy) > 0 && options.SortBy[0].DisplayName == c.title {
					header += arrow
				}
				require.LessOrEqual(t, header, c.width, name)
				for _, text := range known(t, c) {
					require.LessOrEqual(t, width(text, title)+cell, c.width, "%s: %s", name, text)
				}
				needed += c.width
			}
			require.LessOrEqual(t, needed, p.GridPos.width()+1, "%s: %s", uid, p.Title)
		}
	}
}

// TestPseudonymsAreShortAndWholeOnHovering: 32 digits tell no more than eight.
func TestPseudonymsAreShortAndWholeOnHovering(t *testing.T) {
	found := 0
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			for _, q := range p.Targets {
				if strings.Contains(q.Expr, `dimension="user"`) {
					require.Contains(t, q.Expr, `"user", "$1$2", "dimension_value", "([0-9a-f]{8})[0-9a-f]{24}|(.*)"`, "%s: %s", uid, p.Title)
					found++
				}
			}
			if p.Type != "table" {
				continue
			}
			all, _ := columns(t, p)
			if c, is := all["User"]; is {
				var tooltip struct{ Field string }
				require.True(t, c.of(t, "custom.tooltip", &tooltip), "%s: %s", uid, p.Title)
				require.Contains(t, all, tooltip.Field, "%s: %s", uid, p.Title)
				require.Equal(t, "dimension_value", tooltip.Field)
			}
		}
	}
	require.Positive(t, found)
}

// TestBarsSayWhenAndHowMuch: the date below and the amount above each are
// there, and neither runs into the next.
func TestBarsSayWhenAndHowMuch(t *testing.T) {
	found := 0
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			if p.Type != "barchart" {
				continue
			}
			found++
			name := uid + ": " + p.Title
			var options struct {
				XField                                                      string
				XTickLabelMaxLength                                         *int
				XTickLabelSpacing, XTickLabelRotation, BarWidth, GroupWidth float64
				ShowValue                                                   string
				Text                                                        struct{ ValueSize float64 }
			}
			require.NoError(t, json.Unmarshal(p.Options, &options))
			require.Equal(t, "always", options.ShowValue, name)
			require.Positive(t, options.BarWidth, name)
			require.Positive(t, options.GroupWidth, name)
			require.GreaterOrEqual(t, options.Text.ValueSize, onBar, name)
			bars, date, amount := mostPast, "2026-10-01", "88,888"
			if options.XField == "day" {
				bars, date, amount = fewDays, "10-01", "88.8 K"
				require.Equal(t, "short", p.FieldConfig.Defaults.Unit, name)
			}
			require.NotNil(t, options.XTickLabelMaxLength, name)
			require.GreaterOrEqual(t, *options.XTickLabelMaxLength, len(date), name)
			require.Greater(t, options.XTickLabelSpacing, width(date, legible), name)
			room := (p.GridPos.width() - edges - axis) / float64(bars)
			require.LessOrEqual(t, width(amount, options.Text.ValueSize), room, name)
		}
	}
	require.Positive(t, found)
}

// zeros are the settings in which 0 is none of something, as it should be. In
// all others Grafana takes it for a size or a limit.
var zeros = []string{
	"barRadius", "xTickLabelRotation", // right corners, level texts
	"fillOpacity", "lineWidth", // no fill, no line
	"axisSoftMin", // an axis that begins there
	"frameIndex",  // the first frame
}

// TestNoLimitIsZero: the SDK writes 0 for what it is not told, and Grafana
// takes a text of 0 characters at its word.
func TestNoLimitIsZero(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.all() {
			name := uid + ": " + p.Title
			texts := map[string]json.RawMessage{"options": p.Options, "custom": p.FieldConfig.Defaults.Custom}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if strings.HasPrefix(property.ID, "custom.") {
						texts[property.ID] = property.Value
					}
				}
			}
			for path, text := range texts {
				if len(text) > 0 {
					var value any
					require.NoError(t, json.Unmarshal(text, &value), name)
					notZero(t, name, path, value)
				}
			}
		}
	}
}

func notZero(t *testing.T, name, path string, value any) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			notZero(t, name, path+"."+key, inner)
		}
	case []any:
		for _, inner := range v {
			notZero(t, name, path, inner)
		}
	case float64:
		require.True(t, v != 0 || slices.Contains(zeros, path[strings.LastIndex(path, ".")+1:]), "%s: %s is 0", name, path)
	}
}

var ofPeople = regexp.MustCompile(`usage_(active|registered|concurrent|hour)_users|usage_items_total`)

// TestAxesOfPeopleHaveWholeNumbers.
func TestAxesOfPeopleHaveWholeNumbers(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			if p.FieldConfig.Defaults.Unit == "locale" && p.Type == "timeseries" && ofPeople.MatchString(p.Targets[0].Expr) {
				require.NotNil(t, p.FieldConfig.Defaults.Decimals, "%s: %s", uid, p.Title)
				require.Zero(t, *p.FieldConfig.Defaults.Decimals, "%s: %s", uid, p.Title)
			}
		}
	}
}
